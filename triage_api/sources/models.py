"""Shapes of the sources as those who keep them see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from crawlers.sources.approvals import State
from triage_api.sources.approving_models import SourceStanding
from triage_api.sources.covering import Why


class Spread(BaseModel):
    """How long something took for some posts, in seconds."""

    posts: int
    median_s: float
    p90_s: float
    """Nine of ten took no longer."""


class Arrival(BaseModel):
    """From publication to the queue, for the collected posts that were queued in the last days.

    What cannot be measured is counted apart, not guessed.
    """

    days: int
    queued: Spread | None
    """From publication to the queue; None: nothing to measure."""
    ingested: Spread | None
    """From publication to being taken in."""
    assessed: Spread | None
    """From being taken in to being read by the reader."""
    placed: Spread | None
    """From being read to standing in the queue."""
    brought: Spread | None
    """Imported and pasted posts, which no schedule brings: from being taken in to the queue."""
    without_moment: int
    """Posts whose source does not say when they were published, or says a moment that was still to come."""
    backlog: int
    """Posts that were published before the source was first collected."""
    edited: int
    """Posts whose words changed since: when these words were published is not known."""


class SourceLine(BaseModel):
    """A source, whether it may be collected today, and how it does."""

    id: str
    title: str
    kind: str
    state: State
    approved_until: datetime | None
    ends_soon: bool
    """The approval ends within 30 days."""
    problem: str
    posts: int
    last_run: datetime | None
    last_status: str
    read_at: datetime | None
    newest_post: datetime | None
    why: Why | None
    """Why nothing is read of it now."""
    stale: bool
    """No collection of it was done for three schedules."""
    open_alerts: int
    arrivals: list[Arrival]


class SourcePage(BaseModel):
    """All sources, by title."""

    items: list[SourceLine]
    next: None = None
    open_alerts: int
    arrivals: list[Arrival]
    """Of all sources together, for each span of days."""


class RunOut(BaseModel):
    """One collection. `same` posts were known already, `unchanged` pages not sent again; `gone` posts were deleted."""

    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    status: str
    message: str
    pages: int
    new: int
    edited: int
    same: int
    unchanged: int
    gone: int
    robots: int
    """Pages that robots.txt forbade."""
    dropped: dict[str, int]
    errors: dict[str, int]


class AlertOut(BaseModel):
    """What a supervisor is told of a source."""

    id: int
    kind: str
    message: str
    at: datetime
    last_at: datetime
    seen_at: datetime | None
    seen_by: str
    """Pseudonym of who saw it first."""


class RobotsOut(BaseModel):
    """What a host's robots.txt was at the last collection: `rules`, `none` or `unreadable`."""

    host: str
    state: str
    problem: str
    delay_s: float
    """Seconds between two requests that it asks for."""
    seen_at: datetime


class FieldOut(BaseModel):
    """What share of the posts give a field, 0 to 1: in the last collections, and before them."""

    name: str
    recent: float
    before: float
    missing: bool
    """It used to come and no longer does."""


class FieldsOut(BaseModel):
    """Which fields the posts give, counted over those whose text is still kept."""

    recent_posts: int
    before_posts: int
    items: list[FieldOut]


class SourceOut(SourceLine):
    """A source, read."""

    hosts: list[str]
    every_minutes: int | None
    """None for what is never collected."""
    pace_s: float | None
    """Least seconds between two requests to a host."""
    next_at: datetime | None
    """When it is due again."""
    collecting: bool
    """A worker is at it."""
    robots: list[RobotsOut]
    fields: FieldsOut
    runs: list[RunOut]
    """The newest collections first."""
    alerts: list[AlertOut]
    """The newest first, those that were seen too."""
    approval: SourceStanding


class SeenIn(BaseModel):
    """Which alert of a source was seen; none named: all that are open."""

    alert: int | None = None
