"""Shapes of a partner's request, its answer and its messages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from triage_api.directory.kinds import Kind
from triage_api.grounds.models import Words
from triage_api.helplines.lines import Helplines
from triage_api.shell.fields import Cleaned, Line, Lines, Needed, Paragraph
from triage_api.sources.covering import Coverage

AnswerKind = Literal["act", "passed", "nothing_found", "call_us"]
ANSWER_KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
State = Literal["received", "in_progress", "answered", "closed"]
"""A partner is told the first three only: a case that is closed has its answer."""
Danger = Literal["yes", "no", "unknown"]
DANGERS: tuple[Danger, ...] = get_args(Danger)
Reported = Literal["yes", "no", "unknown"]
REPORTED: tuple[Reported, ...] = get_args(Reported)
NumberFrom = Literal["directory", "public"]
NUMBERS_FROM: tuple[NumberFrom, ...] = get_args(NumberFrom)
NOTHING_TOLD = "nothing_told"
"""Stands as the ground of an answer that tells nothing about the youth."""


def _in_reach(day: date) -> date:
    if not 1900 <= day.year <= 2200:
        raise ValueError("a day lies between 1900 and 2200")
    return day


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Day = Annotated[date, AfterValidator(_in_reach)]
Age = Annotated[int, Field(ge=0, le=120)]
Fact = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000), Cleaned]
Names = Annotated[list[Line], BeforeValidator(_listed), Field(max_length=40)]


class Called(BaseModel):
    """Who telephoned, and how it was made sure that it is them."""

    organisation: Line = ""
    """Where they work, in their own words; empty where the directory has it, and for a parent."""
    number: Line
    """The number on which they were called back."""
    number_from: NumberFrom


class Told(BaseModel):
    """What a partner says of the youth, in plain words; all but `who` and `why` may be missing."""

    who: Needed
    """Who asks, and in what role."""
    why: Paragraph
    """What worries them."""
    since: Line = ""
    danger: Danger = "unknown"
    """Whether the youth is in danger at this moment, as far as who asks knows."""
    youth: Line = ""
    """First name, if it is needed."""
    age: Age | None = None
    born: Day | None = None
    city: Line = ""
    handles: Lines = Field(default_factory=list)
    phones: Lines = Field(default_factory=list)
    emails: Lines = Field(default_factory=list)
    places: Lines = Field(default_factory=list)
    missing_since: Line = ""
    reported: Reported = "unknown"
    """Whether the police know that the youth is missing; the file's number is not asked."""


class Details(Told):
    """The same as it is kept, sealed under a key of its own; requests of earlier versions say less."""

    call: Called | None = None
    """For what was asked by telephone."""


class RequestIn(Told):
    """A request for a check on a youth; `runaway` puts it before the others."""

    runaway: bool = False
    region: Line = ""
    """Of Québec, where the youth lives or was last seen: decides whose numbers are shown."""


class EnterIn(RequestIn):
    """A request of somebody without an account, written down at the desk after they were called back."""

    organisation: Line = ""
    """By id, where the directory has it."""
    organisation_name: Line = ""
    number: Needed
    number_from: NumberFrom
    called_back: bool = False
    """Whoever writes it down called back, on a number that they found themselves."""


class AnswerIn(BaseModel):
    """The answer: act, passed to the right person, nothing found (what was covered is added), or call us.

    `act` tells something about the youth: it needs a `ground` of the catalogue with its `facts`, and `fields` name what
    is told. Those are for the house; the partner reads `text` alone.
    """

    kind: AnswerKind
    text: Paragraph
    ground: Line = ""
    facts: dict[str, Fact] = Field(default_factory=dict, max_length=20)
    fields: Names = Field(default_factory=list)
    to: Kind | None = None
    """To what kind of organisation it was passed; never about which case."""


class RenewIn(BaseModel):
    """Why a runaway is to be looked for longer."""

    why: Needed


class FoundIn(BaseModel):
    """That the youth is found."""

    confirm: bool = False


class MessageIn(BaseModel):
    """A message on a request."""

    text: Paragraph


class Basis(BaseModel):
    """What an answer rests on: for the desk, never shown to a partner."""

    ground: str = NOTHING_TOLD
    facts: dict[str, str] = Field(default_factory=dict)
    fields: list[str] = Field(default_factory=list)
    consent: str | None = None
    grid: str = ""
    """Version of the criteria that were looked at."""
    by: str = ""
    """Pseudonym."""


class AnswerOut(BaseModel):
    """An answer; `coverage` stands with every `nothing_found`: to the partner by kind of source, without names."""

    kind: AnswerKind
    text: str
    coverage: Coverage | None
    answered_at: datetime
    to: Kind | None = None
    guidance: Words | None = None
    """How to approach the youth; with every `act`."""
    basis: Basis | None = None
    """For the desk."""


class MessageOut(BaseModel):
    """A message; the desk speaks with one voice."""

    sender: Literal["partner", "desk"]
    text: str
    created_at: datetime


class Emergency(BaseModel):
    """Whom to call: stands with every acknowledgement."""

    immediate_danger: str = "911"
    suicide: str = "988"
    youth_protection: str = "DPJ"
    not_a_report: str = (
        "Ceci ne remplace pas votre signalement à la DPJ. / This does not replace your report to youth protection."
    )


class RequestLine(BaseModel):
    """A request in a list: nothing of what was told."""

    id: str
    status: State
    runaway: bool
    created_at: datetime
    answered_at: datetime | None
    runaway_until: datetime | None = None
    found_at: datetime | None = None
    closed: bool = False
    """Nothing is added to it any more."""
    organisation: str | None = None
    """Who asks; for analysts only."""
    item: str | None = None
    channel: Literal["portal", "call"] | None = None
    """For analysts only."""


class RequestOut(RequestLine):
    """A request, read."""

    region: str = ""
    details: Details
    answer: AnswerOut | None
    messages: list[MessageOut]
    emergency: Emergency = Emergency()
    helplines: Helplines
    """Whom to call in the youth's region, and when a request is read."""
    review_due_at: datetime | None = None
    """By when somebody else reviews what the answer told; for analysts only."""
    beside: list[str] | None = None
    """Other requests about the same contact; for analysts only, a partner never learns of one."""
    grounds: list[str] | None = None
    """Grounds on which an answer may tell something to who asks, alone; for analysts only."""
    fields: list[str] | None = None
    """What may be told to who asks; for analysts only."""


class RequestPage(BaseModel):
    """Requests, newest first."""

    items: list[RequestLine]
    next: str | None


class Filed(BaseModel):
    """The acknowledgement: the same bytes' worth for every request, whatever is known of the youth."""

    id: str
    status: Literal["received"] = "received"
    created_at: datetime
    emergency: Emergency = Emergency()
    helplines: Helplines
