"""Shapes of the review: what is drawn, what is shown of it, and what was found."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field

from nlp.searches import SearchScope
from triage_api.access.models import Finding
from triage_api.oversight.looks import Reason
from triage_api.oversight.models import LastMoment, Moment
from triage_api.shell.fields import Line, Needed, Paragraph

Standing = Literal["waiting", "late", "done", "improper"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)


class DrawIn(BaseModel):
    """What to draw from: the look-ups of a period, whose end is outside; `size` at most so many."""

    since: Moment
    until: LastMoment
    size: Annotated[int, Field(ge=1, le=200)] = 60


class Between(BaseModel):
    """A period, open at either end; the end is outside."""

    since: Moment | None = None
    until: LastMoment | None = None


class DrawOut(BaseModel):
    """What was drawn; the reviews themselves are in the list."""

    searches: int
    """Searches that were made in the period, by anybody."""
    openings: int
    """Posts and requests that somebody opened, counted once a person."""
    targeted: int
    random: int
    seed: str
    """By which the random part can be drawn again and checked."""
    well_known: bool
    """Whether the deployment supplies a list of well-known names."""


class FindingIn(BaseModel):
    """What a reviewer found, and why."""

    finding: Finding
    note: Paragraph


class NameIn(BaseModel):
    """Whose name is asked for, and why."""

    pseudonym: Needed
    why: Paragraph


class NameOut(BaseModel):
    """Who a pseudonym is."""

    pseudonym: str
    name: Line
    full_name: str
    organisation: str
    active: bool


class ReasonOut(BaseModel):
    """Why something was drawn; `times` for something that was looked up again and again."""

    reason: Reason
    times: int | None
    fr: str
    en: str


class ReviewLine(BaseModel):
    """Something drawn for review, in a list."""

    id: str
    search: str | None
    entry: int | None
    """Where openings of a post or request were drawn: the newest one's entry in the register."""
    event: str
    """``search.opened``, ``post.opened`` or ``request.opened``."""
    by: str
    """Pseudonym of who looked."""
    at: datetime
    purpose: str | None
    ground: str | None
    relation: str | None
    sample: Literal["targeted", "random"]
    reasons: list[ReasonOut]
    drawn_at: datetime
    late: bool
    finding: Finding | None
    reviewed_at: datetime | None
    reviewed_by: str | None


class ReviewOut(ReviewLine):
    """A review, opened: what was searched for, in the searcher's words."""

    item: str | None
    """The post or request that was opened."""
    request: str | None
    scope: SearchScope | None
    """None: the person who was searched for is erased, or nothing was searched."""
    erased: bool
    purpose_told: str | None
    ground_told: str | None
    again_reason: str | None
    total: int | None
    alike: int
    """Look-ups of the same thing by the same person, this one included."""
    views: int
    """How often this person opened the posts that this search found, or the item."""
    note: str | None


class ReviewPage(BaseModel):
    """Reviews as they were drawn, newest draw first."""

    items: list[ReviewLine]
    next: str | None
