"""Shapes of the ledger as it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator

from triage_api.ledger.writing import Kind
from triage_api.shell.fields import Line
from triage_api.shell.times import as_last_moment, as_moment, reachable

KINDS: tuple[Kind, ...] = get_args(Kind)
Since = Annotated[AwareDatetime, BeforeValidator(as_moment), AfterValidator(reachable)]
Until = Annotated[AwareDatetime, BeforeValidator(as_last_moment), AfterValidator(reachable)]


class LedgerFilter(BaseModel):
    """Which lines: about the youth of a request or the text of a post, to an organisation, of a period, on a ground."""

    request: Line = ""
    post: Line = ""
    organisation: Line = ""
    ground: Line = ""
    since: Since | None = None
    until: Until | None = None


class LineOut(BaseModel):
    """One line: who was told what, when, on what ground, by whom; what stood in the fields is not in the ledger."""

    id: int
    at: datetime
    kind: Kind
    about: str
    request: str | None
    """The request that the line's subject was asked about in."""
    organisation: str
    pivot: str
    ground: str
    consent: str | None
    fields: list[str]
    by: str
    """Pseudonym."""
    entry: int


class GroundCount(BaseModel):
    """How many lines there are on a ground, within the filter; grounds that nothing was told on count 0."""

    ground: str
    count: int


class LedgerPage(BaseModel):
    """Lines, newest first, and how many there are on each ground."""

    items: list[LineOut]
    next: str | None
    total: int
    grounds: list[GroundCount]
