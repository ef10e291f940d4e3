"""Shapes of what people ask about themselves, and of how the desk answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from triage_api.shell.fields import Cleaned, Line

RightsKind = Literal["access", "rectification", "objection", "complaint"]
KINDS: tuple[RightsKind, ...] = get_args(RightsKind)
Who = Literal["self", "parent", "tutor"]
WHO: tuple[Who, ...] = get_args(Who)
How = Literal["document_seen", "call_back", "parent_or_tutor", "not_needed"]
HOWS: tuple[How, ...] = get_args(How)
Outcome = Literal["granted", "partly", "refused", "nothing_kept"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
LONGEST = 2000
"""Characters of what a person writes: their form stays far below what the public page takes."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class RightsIn(BaseModel):
    """What a person asks. A complaint may come without a name; whoever asks of themselves can be called back."""

    kind: RightsKind
    who: Who = "self"
    """Under 14, a parent or the tutor asks."""
    name: Line = ""
    reach: Line = ""
    """How to reach them, and when that is safe."""
    about: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST), Cleaned]
    identifiers: Annotated[list[Line], BeforeValidator(_listed), Field(max_length=10)] = Field(default_factory=list)
    """Their own handles, numbers and e-mails, by which it is looked for."""


class Told(BaseModel):
    """What a person wrote, as it is kept sealed."""

    who: Who
    name: str
    reach: str
    about: str
    identifiers: list[str]
    lang: Literal["fr", "en"]


class Received(BaseModel):
    """What is shown once, and never again: the code by which the answer is read."""

    code: str
    due_at: datetime


class CodeIn(BaseModel):
    """The code of a request."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Cleaned]


class PublicAnswer(BaseModel):
    """What whoever holds the code is told: where it stands, or the answer. Nothing of what they wrote."""

    kind: RightsKind
    received_at: datetime
    due_at: datetime
    outcome: Outcome | None
    text: str
    answered_at: datetime | None


class CaseLine(BaseModel):
    """A request in the desk's list, without content."""

    id: str
    kind: RightsKind
    received_at: datetime
    due_at: datetime
    late: bool
    identity_at: datetime | None
    identity_how: How | None
    outcome: Outcome | None
    answered_at: datetime | None
    ended_at: datetime | None


class CasePage(BaseModel):
    """What waits, that which is due first, then what was answered, newest first; two hundred at most."""

    items: list[CaseLine]
    next: None = None


class CaseOut(CaseLine):
    """A request that was opened; that it was stands in the register."""

    told: Told | None
    """None once it was erased."""
    answer: str
    requests: list[str]
    """Requests of partners that name one of the identifiers, once it was checked who asks."""


class IdentityIn(BaseModel):
    """How it was checked who asks; no document is copied, and its number is not kept."""

    how: How


class AnswerIn(BaseModel):
    """The answer, in words that the person understands."""

    outcome: Outcome
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000), Cleaned]
    vetted: bool = False
    """Read again: it confirms no report to youth protection, and holds nothing about anybody else."""
