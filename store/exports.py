"""Corpora between the desk that asks for one, the worker that makes it and the files on disk.

A corpus goes ``asked`` → ``previewed`` (its rows are gathered and measured; none has left) → ``approved`` (a person saw
the preview) → ``ready``, or ``refused`` because its own proof found fault. The worker takes it when it is asked for and
again when it is approved.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from store.settings import Settings
from store.work import add_work

EXPORT = "export"
"""The kind of work that a corpus waits for; its key is the corpus's id."""

Tier = Literal["open", "tabular", "room", "codes"]
TIERS: tuple[Tier, ...] = get_args(Tier)
"""``open``: features and counts for everybody; ``tabular``: rows under an agreement; ``room``: which texts may be read
in the reading room (no file); ``codes``: what was coded and reviewed in the room."""

Status = Literal["asked", "previewed", "approved", "ready", "refused", "denied", "failed", "expired", "recalled"]
STATUSES: tuple[Status, ...] = get_args(Status)

_Many = Annotated[list[str], Field(max_length=40)]


class Scope(BaseModel):
    """Which posts a corpus is about; an empty list is no restriction, days are included."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = None
    until: date | None = None
    regions: _Many = Field(default_factory=list)
    """Administrative regions of Québec, by their French names."""
    languages: _Many = Field(default_factory=list)
    kinds: list[Literal["post", "ad"]] = Field(default_factory=list, max_length=2)
    signals: _Many = Field(default_factory=list)
    sample: int | None = Field(default=None, ge=1, le=1_000_000)
    """So many posts at most, drawn by chance under the study's key; None: all."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError("since is after until")
        return self


def export_folder(settings: Settings, identity: str) -> Path:
    """Return where the files of a corpus are; the folder is there, whole, once they are written."""
    return settings.data_dir / "exports" / identity


def stage_file(settings: Settings, identity: str) -> Path:
    """Return where the rows of a corpus are staged until it is made or given up."""
    return settings.data_dir / "exports" / f".{identity}.stage"


MOST_IN_ROOM = 2_000
"""So many different texts at most are read in one room: a paraphrase is held against each of them."""


def study_key(study: str) -> str:
    """Return the name of a study's key in the keyring; once that is destroyed, its tokens lead nowhere."""
    return f"study:{study}"


def ask_worker(session: Session, identity: str, now: datetime) -> None:
    """Have the worker take a corpus that was asked for or approved."""
    add_work(session, EXPORT, [identity], now)
