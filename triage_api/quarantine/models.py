"""Shapes of the quarantine: what waits, a text as it is opened, and its outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints

from triage_api.shell.fields import Line, Paragraph
from triage_api.shell.times import as_moment

OutcomeName = Literal["handed_over", "released", "destroyed"]
OUTCOMES: tuple[OutcomeName, ...] = get_args(OutcomeName)
State = Literal["waiting", "handed_over", "released", "destroyed"]
STATES: tuple[State, ...] = get_args(State)


class HeldOut(BaseModel):
    """A sealed text, without a word of it."""

    id: str
    source: str
    """Title of the source it came from."""
    sealed_at: datetime
    by: str
    """Pseudonym of who pressed the button, or ``lexicon``."""
    state: State
    late: bool
    """Whether it has waited for longer than the house allows."""
    decided_by: str
    decided_at: datetime | None


class HeldPage(BaseModel):
    """Sealed texts, in the order of their coming: first those that wait, then those that were decided on."""

    items: list[HeldOut]
    next: str | None
    waiting: int
    late: int
    days: int
    """Days after which what waits is late."""
    terms: int | None
    """How many terms the lexicon has; None: not configured."""
    lexicon_problem: str
    """Why the lexicon cannot be used, and so nothing is taken in; empty while it can."""


class OpenIn(BaseModel):
    """That a person means to see what was sealed."""

    confirm: Literal["yes"]


class SealedCapture(BaseModel):
    """A capture that was sealed with the text, by its digest."""

    sha256: str
    url: str
    fetched_at: datetime


class TextOut(BaseModel):
    """What was sealed; its addresses are defanged, it is never anything but plain text."""

    title: str
    text: str
    author: str
    url: str
    city: str
    posted_at: datetime | None
    provenance: dict[str, str]
    captures: list[SealedCapture]


class DecidedOut(BaseModel):
    """Why an officer decided as they did; to whom a text was handed over, under which file number and when."""

    reason: str
    to: str
    file_number: str
    handed_at: datetime | None


class OpenedOut(BaseModel):
    """A sealed text while it waits, and why it was decided after: then nothing of the text is left here."""

    held: HeldOut
    text: TextOut | None
    decided: DecidedOut | None


class PackageIn(BaseModel):
    """The passphrase that a package is encrypted under; it is kept nowhere."""

    passphrase: Annotated[str, StringConstraints(min_length=20, max_length=200, pattern=r"^[ -~]+$")]


class OutcomeIn(BaseModel):
    """What becomes of a sealed text, for good. `to`, `file_number` and `handed_at` are needed of one handed over."""

    outcome: OutcomeName
    reason: Paragraph
    to: Line = ""
    file_number: Line = ""
    handed_at: Annotated[AwareDatetime | None, BeforeValidator(as_moment)] = Field(None)
