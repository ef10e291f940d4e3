"""Shapes of the queue: its items, its lanes, and a decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field

from nlp.types import Signal, Urgency
from store.tables import Lane
from triage_api.shell.fields import Line, Paragraph

LANES: tuple[Lane, ...] = get_args(Lane)
Status = Literal["open", "claimed", "decided"]
STATUSES: tuple[Status, ...] = get_args(Status)
Verdict = Literal["dismiss", "watch", "refer", "escalate", "quarantine"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


class ItemOut(BaseModel):
    """Something that waits to be read; no text of it. `post` or `request` names what it leads to."""

    id: str
    post: str | None
    request: str | None
    lane: str
    urgency: Urgency
    status: str
    waiting_s: int
    """Seconds since it came into the queue."""
    signals: list[Signal]
    region: str
    source: str | None
    posted_at: datetime | None
    created_at: datetime
    claimed_by: str | None
    """Pseudonym of who reads it now; None when nobody's claim is in force."""
    claimed_until: datetime | None
    mine: bool
    copies: int
    """Posts that carry the same text, this one included."""


class QueuePage(BaseModel):
    """Items, most urgent first, then longest waiting, then highest score."""

    items: list[ItemOut]
    next: str | None


class NextOut(BaseModel):
    """The item to read next, if there is one that nobody reads."""

    next: str | None


class DecisionIn(BaseModel):
    """What a person decides on an item, by which criteria of the grid, and why."""

    verdict: Verdict
    criteria: Annotated[list[Line], Field(max_length=60)] = Field(default_factory=list)
    reason: Paragraph


class DecisionOut(BaseModel):
    """A decision that was recorded."""

    id: int
    item: str
    post: str | None
    verdict: Verdict
    criteria: list[str]
    next: str | None
