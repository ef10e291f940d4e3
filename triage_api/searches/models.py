"""Shapes of a search, its results and what they cover."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from nlp.query import MAX_QUERY
from nlp.query_hints import HintCode
from nlp.searches import Day, Relation, SearchScope
from triage_api.shell.fields import Cleaned, Line, Lines, Needed
from triage_api.sources.covering import Coverage


class HintsIn(BaseModel):
    """What is searched; what else a form holds is left aside. An empty list is no restriction."""

    model_config = ConfigDict(extra="ignore")

    query: Annotated[str, StringConstraints(max_length=MAX_QUERY), Cleaned] = ""
    identifiers: Lines = Field(default_factory=list)
    cities: Lines = Field(default_factory=list)
    languages: Lines = Field(default_factory=list)
    since: Day = None
    until: Day = None
    sources: Lines = Field(default_factory=list)

    @property
    def scope(self) -> SearchScope:
        """Return what is searched, without why."""
        return SearchScope.model_validate(self.model_dump(include=set(SearchScope.model_fields)))


class SearchIn(HintsIn):
    """A search: its scope, why it is made and on what legal ground.

    `again_reason` makes it run although it was made before; `again` asks for that, and is refused without the reason.
    """

    purpose: Needed
    ground: Needed
    request: Line | None = None
    again: bool = False
    again_reason: Line | None = None


class Said(BaseModel):
    """One thing that is sought, or must not be found."""

    negated: bool
    kind: str
    """`word`, `phrase`, `prefix`, `fuzzy`, a kind of contact, or the name of a field."""
    value: str
    slips: int
    """How many slips a fuzzy word may have; else 0."""


class HintOut(BaseModel):
    """What may have been meant otherwise."""

    key: str
    """Names the hint among those of what was typed: sent back to take it."""
    code: HintCode
    field: Literal["query", "cities"]
    text: str
    meant: str
    fixed: str | None
    """The field put right, the rest of it kept; None where only the person can."""


class Broken(BaseModel):
    """Where a query cannot be read: some of it, made harmless, and the columns before the caret."""

    code: str
    column: int
    before: str
    here: str
    after: str
    caret: int


class Hints(BaseModel):
    """What a search would look for, in parts: all clauses must hold, of each at least one thing."""

    sought: list[list[Said]]
    hints: list[HintOut]
    broken: Broken | None
    only_flagged: bool
    """Whether flagged posts alone would be found without a request that names the contact."""


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


class Earlier(BaseModel):
    """The earlier search whose result was brought back: who made it and when, never what was searched."""

    id: str
    by: str
    """Pseudonym of who made it."""
    own: bool
    opened_at: datetime


class SearchOut(Overlaps):
    """A search that was made, or an earlier one brought back with what was ingested since."""

    id: str
    relation: Relation
    reused_from: str | None
    earlier: Earlier | None = None
    """The search `reused_from`; None for one that ran."""
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
    period: Literal["day", "week", "month"] | None = None
    """What `histogram` counts by: days over at most 92 of them, weeks over at most two years, else months."""
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
