"""Shapes of what stands around a post's text: its label, its history, posts like it, notes and tags."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from nlp.types import Signal, Urgency
from store.campaigns import Shared
from triage_api.shell.fields import Cleaned, Line, Paragraph

MAX_TAG = 30
"""Characters."""


class SourceOut(BaseModel):
    """Where a post comes from."""

    id: str
    title: str


class LabelOut(BaseModel):
    """What is told of a post before anybody opens it: nothing of what it says."""

    id: str
    kind: str
    source: SourceOut
    urgency: Urgency | None
    """None while it waits to be read."""
    signals: list[Signal]
    posted_at: datetime | None
    ingested_at: datetime
    age_s: int
    """Seconds since it was published, or taken in where that is not known."""
    length: int
    """Characters of what is read."""
    lang: str | None
    region: str
    copies: int
    item: str | None
    """The queue item that waits for a decision on it, if there is one."""


class StayOut(BaseModel):
    """A stay of a campaign in one city: the moments of its first and last post there."""

    city: str
    first: datetime
    last: datetime


class WeekOut(BaseModel):
    """How many posts of a campaign a week had; `week` is its Monday, in the time of Québec."""

    week: date
    posts: int


class CampaignOut(BaseModel):
    """Posts joined by shared contacts or near-duplicate text, as seen from one of them.

    `because` says what ties this one: ``phone``, ``email``, ``handle``, ``text``. `movement` holds the stays in order.
    """

    id: str
    posts: int
    because: list[str]
    movement: list[StayOut]
    first: datetime
    last: datetime
    weeks: list[WeekOut]
    """The newest weeks from the first to the last post, in order; one without a post counts none."""


class SimilarOut(BaseModel):
    """The label of another post like the one that is read, and what the two share."""

    id: str
    kind: str
    source: SourceOut
    at: datetime
    """When it was published, or taken in where that is not known."""
    city: str
    region: str
    urgency: Urgency
    signals: list[Signal]
    because: list[Shared]


class PastDecision(BaseModel):
    """An earlier decision on a post. `reason` is told to whoever gave it alone."""

    at: datetime
    by: str
    verdict: str
    criteria: list[str]
    reason: str | None
    undone: bool


class PastOpening(BaseModel):
    """Who opened a post before, how often and when last; by the newest entries of the register."""

    by: str
    times: int
    last: datetime


class PastVersion(BaseModel):
    """The label of an earlier version of a post; its words are not kept but in its capture."""

    version: int
    at: datetime
    """When it was read by the reader."""
    urgency: str
    signals: list[str]


class HistoryOut(BaseModel):
    """What became of a post before, newest first and within limits."""

    decisions: list[PastDecision] = Field(default_factory=list)
    openings: list[PastOpening] = Field(default_factory=list)
    versions: list[PastVersion] = Field(default_factory=list)


class NoteOut(BaseModel):
    """What a colleague wrote beside a post."""

    id: int
    by: str
    at: datetime
    text: str
    ticked: list[str] | None
    """What was ticked of the checklist for a person whom nobody knows; None: a note in words alone."""
    mine: bool
    removable: bool
    """Whether whoever reads it wrote it, less than a day ago."""


class NoteIn(BaseModel):
    """A note to write beside a post."""

    note: Paragraph


class NoteGone(BaseModel):
    """Which of one's own notes is to be taken back."""

    id: int = Field(ge=1, le=2**62)


class TagIn(BaseModel):
    """A tag to put on a post or to take off it."""

    tag: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Cleaned]


class TagsOut(BaseModel):
    """The tags that a post has by now."""

    tags: list[str]


class TickedIn(BaseModel):
    """What was done for a person whom nobody knows; the rest is still to do."""

    ticked: Annotated[list[Line], Field(max_length=40)] = Field(default_factory=list)
    words: Annotated[Line, Field(max_length=300)] = ""
