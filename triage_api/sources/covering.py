"""Shapes of coverage: what was looked at, how fresh it is, what was not and why."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field

Why = Literal[
    "none",
    "waiting",
    "suspended",
    "redeclared",
    "expired",
    "wall",
    "captcha",
    "block",
    "terms",
    "robots",
    "failed",
    "unvisited",
    "empty",
    "not_asked",
]
"""Why a source is not read: how its approval stands, what its last collection met, that none was ever made, that
nobody brought anything, or that a search leaves it out."""
WHYS: tuple[Why, ...] = get_args(Why)


class CoveredSource(BaseModel):
    """A source whose posts the search could find, and when it was last read."""

    id: str
    title: str
    kind: str
    read_at: datetime | None
    why: Why | None = None
    """Why it is read no more since then; None: it still is."""


class LeftOut(BaseModel):
    """A source whose posts the search could not find."""

    title: str
    kind: str
    why: Why


class KindCoverage(BaseModel):
    """How many sources of a kind were looked at and how many not, for those who are told no names."""

    kind: str
    read: int
    not_read: int
    read_at: datetime | None


class Coverage(BaseModel):
    """What a search looked at and what nobody looked at; goes with every result, above all with an empty one."""

    sources: list[CoveredSource]
    not_covered: list[str]
    """Names: of the sources that were left out, then of the platforms that nobody reads here."""
    left_out: list[LeftOut] = Field(default_factory=list)
    kinds: list[KindCoverage] = Field(default_factory=list)
    """In the place of the sources, for those who are told no names."""


class SourceNow(BaseModel):
    """A source, how fresh what it holds is, and why it is not read."""

    id: str
    title: str
    kind: str
    read_at: datetime | None
    newest_post: datetime | None
    """Publication of its newest post that is kept here."""
    why: Why | None

    @property
    def held(self) -> bool:
        """Tell whether it was read, or its posts are here."""
        return self.read_at is not None


class KindNow(KindCoverage):
    """What is read of one kind of source today: `not_read` counts those that are not, though they may have been."""

    newest_post: datetime | None


class CoverageNow(BaseModel):
    """What is looked at today and what is not."""

    at: datetime
    sources: list[SourceNow]
    """None for those who are told no names."""
    kinds: list[KindNow]
    walled: list[str]
    """Platforms and places that nobody reads here."""
