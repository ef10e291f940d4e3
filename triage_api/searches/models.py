"""Shapes of a search, its results and what they cover."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from nlp.query import MAX_QUERY
from nlp.searches import Day, Relation, SearchScope
from triage_api.shell.fields import Cleaned, Line, Lines, Needed
from triage_api.sources.covering import Coverage


class SearchIn(BaseModel):
    """A search: its scope, why it is made and on what legal ground. An empty list is no restriction.

    `again_reason` makes it run although it was made before; `again` asks for that, and is refused without the reason.
    """

    model_config = ConfigDict(extra="ignore")

    query: Annotated[str, StringConstraints(max_length=MAX_QUERY), Cleaned] = ""
    identifiers: Lines = Field(default_factory=list)
    cities: Lines = Field(default_factory=list)
    languages: Lines = Field(default_factory=list)
    since: Day = None
    until: Day = None
    sources: Lines = Field(default_factory=list)
    purpose: Needed
    ground: Needed
    request: Line | None = None
    again: bool = False
    again_reason: Line | None = None

    @property
    def scope(self) -> SearchScope:
        """Return what is searched, without why."""
        return SearchScope.model_validate(self.model_dump(include=set(SearchScope.model_fields)))


class HitOut(BaseModel):
    """A post that was found: labels only; reading it is an entry of its own."""

    id: str
    kind: str
    lang: str
    urgency: str
    signals: list[str]
    criteria: list[str]
    source: str
    city: str
    region: str
    posted_at: datetime | None
    ingested_at: datetime
    copies: int
    item: str | None


class Overlap(BaseModel):
    """An earlier search that shares a part with one: who made it and why, never what was searched."""

    id: str
    opened_at: datetime
    by: str
    """Pseudonym of who made it."""
    purpose: str
    ground: str
    """As the register tells them; `other` for a person's own words."""
    relation: Relation
    """How the new search relates to it; `same` or `covered` where its result may not be used for the new one."""
    own: bool


class Overlaps(BaseModel):
    """The earlier searches that share a part with one."""

    overlaps: int
    """How many there are, besides the one that was brought back."""
    overlaps_cut: bool
    """Whether there may be more: so many are compared at most."""
    overlapping: list[Overlap]
    """The newest of them."""


class SearchOut(Overlaps):
    """A search that was made, or an earlier one brought back with what was ingested since."""

    id: str
    relation: Relation
    reused_from: str | None
    items: list[HitOut]
    new_since: list[HitOut]
    total: int
    """How many posts matched, shown here or not."""
    coverage: Coverage
    opened_at: datetime
    valid_until: datetime
    """When the result lapses: a search after that runs anew."""
    purpose: str
    ground: str
    request: str | None
    scope: SearchScope
    facets: dict[str, dict[str, int]] | None = None
    """How many of all matches have each value of each facet, most first. None for a search that was brought back, for
    which nothing ran, and for one that is looked up later."""
    period: Literal["day", "month"] | None = None
    """What `histogram` counts by: days over at most 92 of them, else months."""
    histogram: dict[date, int] | None = None
    """How many of all matches there are in each period, by its first day; periods without any are left out."""


class SearchLine(BaseModel):
    """A search in a list."""

    id: str
    opened_at: datetime
    scope: SearchScope
    purpose: str
    ground: str
    request: str | None
    relation: str
    reused_from: str | None
    total: int | None
    """None: more was counted than may be found today, as of a request that was answered since."""
    status: Literal["open", "closed", "failed"]
    by: str
    """Pseudonym of who made it."""


class SearchPage(BaseModel):
    """Searches, newest first."""

    items: list[SearchLine]
    next: str | None
