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
    target_s: int
    """Seconds within which an item of this urgency should be read."""
    late: bool
    """It is open and waits longer than that."""
    signals: list[Signal]
    region: str
    desk: str
    """Region whose desk reads it: its own unless it was transferred; empty if none is known."""
    source: str | None
    posted_at: datetime | None
    age_s: int | None
    """Seconds since the post was published, by its source's word; None if that is not known."""
    created_at: datetime
    claimed_by: str | None
    """Pseudonym of who reads it now; None when nobody's claim is in force."""
    claimed_until: datetime | None
    mine: bool
    handed_to: str | None
    """Pseudonym of whom a colleague handed it to; nobody else is offered it."""
    for_me: bool
    """It was handed to whoever asks."""
    passed: bool = False
    """Whoever asks passed it over: it waits for somebody else."""
    copies: int
    """Posts that carry the same text, this one included."""
    differs: bool = False
    """It was decided, and is open again because a second reader found it graver: two readings differ."""


class QueuePage(BaseModel):
    """Items, most urgent first, then longest waiting, then highest score; a share of the places is at-risk youth's."""

    items: list[ItemOut]
    next: str | None
    mine: list[ItemOut] = Field(default_factory=list)
    """On the first page: what one holds, then what was handed to one; they stand in `items` too, at their place."""


class LaneOut(BaseModel):
    """How much waits in a lane, and for how long."""

    lane: str
    waiting: int
    late: int
    """Of them, how many wait longer than the target of their urgency."""
    oldest_s: int | None
    """Seconds that the longest waiting one waits; None if none does."""
    target_s: int | None
    """The target of that one's urgency, in seconds."""


class DeskOut(BaseModel):
    """How much waits at the desk of a region; `unknown` where no territory is known."""

    desk: str
    waiting: int


class CountsOut(BaseModel):
    """What waits, by lane and by territory."""

    lanes: list[LaneOut]
    desks: list[DeskOut]


class NewsOut(BaseModel):
    """What an open page asks now and then: whether something immediate came."""

    count: int
    """Items in the immediate lane."""
    newest: list[str]
    """Ids of those that came last and that nobody reads, newest first."""


class NextOut(BaseModel):
    """The item to read next, if there is one that nobody reads."""

    next: str | None


class DecisionIn(BaseModel):
    """What a person decides on an item, by which criteria of the grid, and why."""

    verdict: Verdict
    criteria: Annotated[list[Line], Field(max_length=60)] = Field(default_factory=list)
    reason: Paragraph
    version: int | None = None
    """The version of the post that was read: if it was edited since, nothing is decided. None: not checked."""


class DecisionOut(BaseModel):
    """A decision that was recorded."""

    id: int
    item: str
    post: str | None
    verdict: Verdict
    criteria: list[str]
    next: str | None
