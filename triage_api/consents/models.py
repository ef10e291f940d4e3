"""Shapes of consents: what is recorded, what is told of one, the paper, and how it is taken back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from triage_api.consents.ages import LAST
from triage_api.shell.fields import Cleaned, Line, Needed
from triage_api.shell.languages import Lang

GivenBy = Literal["youth", "parent", "tutor"]
GIVEN_BY: tuple[GivenBy, ...] = get_args(GivenBy)
How = Literal["in_person", "by_phone", "by_video"]
HOWS: tuple[How, ...] = get_args(How)
State = Literal["given", "withdrawn", "lapsed"]
Via = Literal["code", "partner", "desk"]


_OLDEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Fields = Annotated[list[Line], BeforeValidator(_listed), Field(min_length=1, max_length=40)]


class ConsentIn(BaseModel):
    """A yes that was just said; what cannot be is told by `checking.checked`, all at once.

    `age` is told today; without it and `born`, what the request says of the age counts.
    """

    request: Needed
    organisation: Needed
    """By id, of the directory."""
    fields: Fields
    given_by: GivenBy
    born: Annotated[date, Field(ge=_OLDEST, le=_LATEST)] | None = None
    age: Annotated[int, Field(ge=0, le=LAST)] | None = None
    adult: bool = False
    """Said by somebody who is 18, for the time after."""
    ends_on: date | None = None
    """Last day; none: the longest that may be."""
    explained_by: Needed
    how: How
    present: Line = ""
    """Who else was there, an interpreter for instance."""
    understood: bool = False
    """It was all read out, and the answer was a yes."""
    lang: Lang = "fr"
    """Of the paper."""


class Explained(BaseModel):
    """How it was explained; kept sealed under the subject's key."""

    explained_by: str
    how: How
    present: str
    born: date | None
    age: int | None
    lang: Lang


class ConsentOut(BaseModel):
    """A consent as whoever recorded it, and the desk, see it: nothing of the youth."""

    id: str
    request: str
    organisation: str
    organisation_name: str
    fields: list[str]
    given_by: GivenBy
    adult: bool
    starts_at: datetime
    ends_at: datetime
    last_day: date
    withdrawn_at: datetime | None
    withdrawn_via: Via | None
    state: State


class ConsentWhole(ConsentOut):
    """The same, with how it was explained; for the desk once that is entered."""

    explained: Explained


class Given(ConsentOut):
    """A consent that was just recorded, with the code of its paper: it stands in this answer and nowhere else."""

    code: str
    lang: Lang


class ConsentPage(BaseModel):
    """Consents, newest first."""

    items: list[ConsentOut]
    next: str | None


class CodeIn(BaseModel):
    """The code of a paper."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Cleaned]


class ToldOut(BaseModel):
    """Somebody who was told something on a consent that was taken back: a person calls them."""

    consent: str
    request: str
    withdrawn_at: datetime
    organisation: str
    organisation_phone: str
    pivot: str
    pivot_phone: str
    fields: list[str]
    told_at: datetime


class TakenBack(BaseModel):
    """Something that a pivot was told and that was taken back, or its consent was: nothing of what it was."""

    about: str
    """Id of the referral or the meeting, as they knew it."""
    told_at: datetime
    taken_back_at: datetime


class ToldPage(BaseModel):
    """Whom to call because a consent was taken back, newest first."""

    items: list[ToldOut]
    next: None = None
