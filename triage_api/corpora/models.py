"""Shapes of a corpus at the desk: what is asked for, how far it is, what its approver sees; never one of its rows."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from store.exports import Scope, Status, Tier
from triage_api.access.models import Name
from triage_api.shell.fields import ItemId, Line, Needed

MOST_CODES = 60
MOST_PEOPLE = 30
LONGEST_DAYS = 731
"""A study's agreement ends within so many days."""
USUAL_DAYS = 365

_CODE = re.compile(r"[a-zà-öø-ÿ][a-zà-öø-ÿ0-9_-]{0,39}")
"""A code of a codebook: one short word, since it leaves the house beside a token."""
Meaning = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


def _by_code(value: object) -> object:
    """Read a mapping, or lines ``code: what it means`` as a form sends them; `ValueError` for what cannot be a code."""
    if isinstance(value, list):
        value = {code: meaning for code, _, meaning in (str(line).partition(":") for line in value)}
    if not isinstance(value, dict):
        return value
    codes = {str(code).strip().lower(): meaning for code, meaning in value.items()}
    if not all(map(_CODE.fullmatch, codes)):
        raise ValueError("a code is one short word of letters, digits and hyphens")
    return codes


class CorpusIn(BaseModel):
    """What somebody asks for: what it is for, which tier, under which study, about which posts."""

    purpose: Needed
    tier: Tier = "open"
    study: ItemId = ""
    """Id of a study of one's own; empty: a new one."""
    agreement: Line = ""
    """Number of the data-use agreement; needed in every tier but the open one, unless the study has it."""
    ethics: Line = ""
    """Number of the ethics approval; needed likewise."""
    people: Annotated[list[Name], Field(max_length=MOST_PEOPLE)] = []
    """Account names of those who will read in the room, beside who asks."""
    codebook: Annotated[dict[str, Meaning], BeforeValidator(_by_code), Field(max_length=MOST_CODES)] = {}
    """For the room: each code that a text may be given, with what it means."""
    ends_on: date | None = None
    """Last day of the agreement; None: in a year, for a new study."""
    scope: Scope = Scope()


class ApproveIn(BaseModel):
    """Letting a corpus leave."""

    reason: Line = ""
    """Why nobody else can: only for whoever asked, where the house's profile lets one go on alone."""


class WhyIn(BaseModel):
    """Why a corpus is denied or recalled."""

    reason: Needed


class DestroyedIn(BaseModel):
    """What somebody says of the copies that they fetched."""

    confirmed: bool
    """That all of them are destroyed, and the copies made of them."""


class PreviewOut(BaseModel):
    """How large a corpus is and what risk stays in it; figures alone: whatever else is kept with them is not told."""

    population: int | None = None
    """Posts that it is drawn from."""
    rows: int | None = None
    suppressed: int | None = None
    """Rows that are left out, because they are too rare."""
    loss: float | None = None
    """Share of the information that generalising takes away, 0 to 1."""
    k: int | None = None
    l: int | None = None  # noqa: E741 - the field's name of the measure
    tokens: int | None = None
    """Different subjects."""
    levels: dict[str, int | str] = {}
    """By column, to what it was generalised."""
    risks: dict[str, float] = {}


class FaultOut(BaseModel):
    """What the proof found wrong, and where; never the value."""

    check: str
    file: str
    row: int | None = None
    why: str = ""


class FileOut(BaseModel):
    """A file that can be fetched."""

    name: str
    size: int
    """In bytes."""


class CopyOut(BaseModel):
    """A file that somebody fetched."""

    by: str
    """Pseudonym."""
    file: str
    at: datetime
    destroyed_at: datetime | None


class StudyOut(BaseModel):
    """What somebody studies, under which agreement."""

    id: str
    purpose: str
    agreement: str
    ethics: str
    people: list[str]
    """Pseudonyms of those who may read in its room."""
    codebook: dict[str, str]
    created_at: datetime
    approved_at: datetime | None
    ends_at: datetime
    over: bool
    """Its agreement has ended or it is closed: nothing is read or fetched any more."""


class CorpusOut(BaseModel):
    """A corpus and how far it is."""

    id: str
    tier: str
    status: Status
    purpose: str
    asked_by: str
    """Pseudonym."""
    by_me: bool
    study: StudyOut | None
    scope: Scope
    progress: dict[str, str | int | float]
    preview: PreviewOut | None
    report: list[FaultOut]
    """The rows at fault of a corpus that its proof refused."""
    error: str
    why: str
    """Code of why it was refused, where there is one for it."""
    files: list[FileOut]
    copies: list[CopyOut]
    """All copies for who decides, one's own for anybody else."""
    created_at: datetime
    previewed_at: datetime | None
    decided_by: str | None
    approved_at: datetime | None
    alone: bool
    reason: str
    alone_at: datetime | None
    """When whoever asked may approve it alone, with a reason; None: never, or nothing waits."""
    ready_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None

    @property
    def going(self) -> bool:
        """Tell whether the worker has it: it will change by itself."""
        return self.status in ("asked", "approved")

    @property
    def held(self) -> bool:
        """Tell whether a copy that is listed is not yet said to be destroyed."""
        return any(copy.destroyed_at is None for copy in self.copies)


class CorpusPage(BaseModel):
    """Corpora, newest first."""

    items: list[CorpusOut]
    next: None = None
