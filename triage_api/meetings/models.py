"""Shapes of a meeting of pivots: what the desk proposes, and the little that each pivot is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from triage_api.meetings.crossings import Way
from triage_api.shell.fields import Cleaned, Line, Lines, Needed, Paragraph

Answer = Literal["yes", "no"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
State = Literal["asked", "proposed", "ended"]
"""``asked`` waits for a second person; nobody outside the desk knows of it."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000), Cleaned]
By = Literal["asks", "referral", "consent"]


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _reachable(text: str) -> str:
    if sum(sign.isdigit() for sign in text) < 3:
        raise ValueError("say by which number")
    return text


def _said(texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


Texts = Annotated[dict[Line, Words], Field(max_length=40), AfterValidator(_said)]


class MeetingIn(BaseModel):
    """A meeting to propose."""

    requests: Annotated[Lines, Field(min_length=1, max_length=6), AfterValidator(_once)]
    """Ids of the requests that meet; no pivot is told one."""
    pivots: Annotated[Lines, Field(min_length=2, max_length=8), AfterValidator(_once)]
    """Ids of the pivots who are to meet, of as many organisations."""
    ground: Needed
    facts: Texts = Field(default_factory=dict)
    """What the ground asks for, by name."""
    why: Paragraph
    """For the desk; it stays sealed."""
    call: Annotated[Needed, AfterValidator(_reachable)]
    """Whom to call at the desk, and at which number: the pivots are shown it, so it says nothing of a case."""


class ConfirmIn(BaseModel):
    """A second person's yes; `reason` says why nobody else can, where one person goes on alone."""

    reason: Words = ""


class AnswerIn(BaseModel):
    """A pivot's answer."""

    answer: Answer


class PartOut(BaseModel):
    """An organisation of a meeting."""

    organisation: str
    helps: bool
    """Whether it already helps: it acknowledged something for one of the youths."""


class InvitationOut(BaseModel):
    """All that a pivot is shown of a meeting: which organisations, whom to call, until when."""

    id: str
    organisations: list[PartOut]
    mine: str
    """The organisation that the pivot speaks for."""
    call: str
    answer: Answer | None
    proposed_at: datetime
    ends_at: datetime


class InvitationPage(BaseModel):
    """Meetings that are proposed to somebody, those that end last first."""

    items: list[InvitationOut]
    next: None = None


class AnsweredOut(PartOut):
    """An organisation of a meeting, for the desk."""

    pivot: str
    answer: Answer | None
    answered_at: datetime | None


class MeetingLine(BaseModel):
    """A meeting in the desk's list."""

    id: str
    state: State
    ground: str
    requests: list[str]
    proposed_by: str
    """Pseudonym."""
    proposed_at: datetime
    ends_at: datetime
    mine: bool
    """Proposed by whoever looks: where it needs two people, somebody else confirms."""


class MeetingOut(MeetingLine):
    """A meeting, read at the desk; `why` is empty once it was erased."""

    why: str
    call: str
    parts: list[AnsweredOut]


class MeetingPage(BaseModel):
    """Meetings, the newest first."""

    items: list[MeetingLine]
    next: None = None


class CrossingOut(BaseModel):
    """Two requests that meet, and by which kinds of things; never by which thing."""

    requests: list[str]
    ways: list[Way]
    steps: int


class MovedOut(BaseModel):
    """A case whose campaign was seen in several regions."""

    request: str
    regions: list[str]


class CrossingPage(BaseModel):
    """Where cases meet, for the desk alone."""

    items: list[CrossingOut]
    moved: list[MovedOut]
    next: None = None


class HelperOut(BaseModel):
    """An organisation that already helps, and how that is known."""

    organisation: str
    kind: str
    by: list[By]


class HelpingOut(BaseModel):
    """Who already helps the youth of a request, and the requests that it meets."""

    request: str
    helpers: list[HelperOut]
    crossings: list[CrossingOut]
    moved: list[MovedOut]
