"""Shapes of a legal hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, StringConstraints

from store.holds import HoldKind
from triage_api.shell.fields import Cleaned, Needed, Paragraph

State = Literal["asked", "held", "ended", "released"]
STATES: tuple[State, ...] = get_args(State)
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000), Cleaned]


class HoldIn(BaseModel):
    """A hold that is asked for: on what, why, and its last day."""

    kind: HoldKind
    about: Needed
    reason: Paragraph
    """By which order, request or proceeding; it stays sealed."""
    ends_on: date
    """The last day on which it holds."""


class GrantIn(BaseModel):
    """A grant; `reason` says why nobody else can, where one person goes on alone."""

    reason: Words = ""


class HoldLine(BaseModel):
    """A hold in the list."""

    id: str
    kind: HoldKind
    about: str
    state: State
    asked_by: str
    """Pseudonym."""
    asked_at: datetime
    granted_by: str
    granted_at: datetime | None
    alone: bool
    ends_at: datetime
    released_at: datetime | None
    mine: bool
    """Asked for by whoever looks: somebody else grants it."""


class HoldOut(HoldLine):
    """A hold, read; `reason` is empty once it was erased."""

    reason: str


class HoldPage(BaseModel):
    """Holds: those in force and asked for first, then those that are over, the newest first."""

    items: list[HoldLine]
    next: None = None
