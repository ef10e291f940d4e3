"""Shapes of watches, and of who is on duty."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints

from triage_api.shell.fields import Line
from triage_api.shell.times import as_moment, reachable

Hour = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([01]?\d|2[0-3])[:h][0-5]\d$")]
"""An hour of the house's clock: ``17:00``, ``17h00``."""
Moment = Annotated[AwareDatetime, BeforeValidator(as_moment), AfterValidator(reachable)]
AlertKind = Literal[
    "unacknowledged",
    "handed",
    "referral_late",
    "consent_withdrawn",
    "cases_meet",
    "rights_due",
    "disclosure_review",
    "runaway_ending",
    "majority",
    "hold_ending",
    "notice_uncertain",
]


class TakeIn(BaseModel):
    """A watch of one's own that begins now; `backup` is a pseudonym."""

    until: Hour
    backup: Line = ""


class WatchIn(BaseModel):
    """A watch that is planned; people by pseudonym, `person` empty: oneself."""

    person: Line = ""
    backup: Line = ""
    starts_at: Moment
    ends_at: Moment


class BackupIn(BaseModel):
    """Who stands in, by pseudonym; empty: nobody."""

    backup: Line = ""


class SeenIn(BaseModel):
    """One's own alerts of a kind that were seen, up to one of them."""

    kind: AlertKind
    upto: Annotated[int, Field(ge=0, lt=2**31)]


class WatchOut(BaseModel):
    """A watch; people by pseudonym."""

    id: str
    who: str
    backup: str | None
    starts_at: datetime
    ends_at: datetime
    now: bool
    mine: bool


class OnDutyOut(BaseModel):
    """Somebody who is on duty now."""

    who: str
    until: datetime | None


class StandingOut(BaseModel):
    """Whether somebody is on duty. Who, is told to those who keep watches or read the register, never to a partner."""

    on_duty: bool
    until: datetime | None
    next_at: datetime | None
    who: list[OnDutyOut]
    by_watches: bool | None
    """Whether it follows from watches (else from working hours); None for whoever is not told who."""


class DutyPage(BaseModel):
    """Who is on duty, and the watches of now and later for whoever keeps any; the next two hundred."""

    standing: StandingOut
    items: list[WatchOut]
    next: None = None


class AlertLine(BaseModel):
    """Own alerts of a kind that are not seen, as one line, without content."""

    kind: AlertKind
    count: int
    since: datetime
    """When the oldest of the items came, or was handed over."""
    upto: int
    """Highest id among them, to say what was seen."""
    place: str
    """The page that lists them."""


class AlertPage(BaseModel):
    """One's own alerts."""

    items: list[AlertLine]
    next: None = None
