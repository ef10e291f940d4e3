"""Shapes of a partner's request, its answer and its messages."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field

from triage_api.shell.fields import Line, Lines, Needed, Paragraph
from triage_api.sources.covering import Coverage

AnswerKind = Literal["act", "passed", "nothing_found", "call_us"]
ANSWER_KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
State = Literal["received", "in_progress", "answered"]


class Details(BaseModel):
    """What a partner says of the youth, in plain words; kept sealed under a key of its own."""

    who: Needed
    """Who asks, and in what role."""
    why: Paragraph
    """What worries them."""
    youth: Line = ""
    """Name or first name, age: only what is needed."""
    handles: Lines = Field(default_factory=list)
    phones: Lines = Field(default_factory=list)
    emails: Lines = Field(default_factory=list)
    places: Lines = Field(default_factory=list)


class RequestIn(Details):
    """A request for a check on a youth; `runaway` puts it before the others."""

    runaway: bool = False


class AnswerIn(BaseModel):
    """The answer: act, passed to the right person, nothing found (what was covered is added), or call us."""

    kind: AnswerKind
    text: Paragraph


class MessageIn(BaseModel):
    """A message on a request."""

    text: Paragraph


class AnswerOut(BaseModel):
    """An answer; `coverage` stands with every `nothing_found`: to the partner by kind of source, without names."""

    kind: AnswerKind
    text: str
    coverage: Coverage | None
    answered_at: datetime


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
    organisation: str | None = None
    """Who asks; for analysts only."""
    item: str | None = None


class RequestOut(RequestLine):
    """A request, read."""

    details: Details
    answer: AnswerOut | None
    messages: list[MessageOut]
    emergency: Emergency = Emergency()
    beside: list[str] | None = None
    """Other requests about the same contact; for analysts only, a partner never learns of one."""


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
