"""Shapes of the lessons: a case to read, an answer, its solution, and what became of attempts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from nlp.types import Kind, Signal, Urgency
from triage_api.queue.models import Verdict
from triage_api.shell.fields import Line, Needed


class CaseOut(BaseModel):
    """A fictional text to read, without its solution."""

    id: str
    kind: Kind
    lang: str
    text: str


class CurrentOut(BaseModel):
    """Where one is in an attempt."""

    attempt: int
    answered: int
    of: int
    case: CaseOut


class PracticeOut(BaseModel):
    """The cases to practise on, in their order."""

    items: list[CaseOut]


class AnswerIn(BaseModel):
    """What one would decide on a case, and by which criteria."""

    case: Needed
    verdict: Verdict
    criteria: Annotated[list[Line], Field(max_length=60)] = Field(default_factory=list)


class SolutionOut(BaseModel):
    """An answer beside the solution of its case, and what the reader in force makes of the text."""

    case: CaseOut
    verdict: Verdict
    criteria: list[str]
    right: bool
    verdict_right: bool
    missing: list[str]
    beyond: list[str]
    missed: bool
    """Something immediate was not escalated."""
    signals: dict[Signal, list[str]]
    urgency: Urgency
    verdicts: list[Verdict]
    expected: list[str]
    also: list[str]
    why_fr: str
    why_en: str
    assessment: dict[str, Any]
    """The contract's answer of `assess`."""
    reader_differs: bool
    """The reader sees other signals or another urgency than the solution: it is wrong there."""


class AttemptOut(BaseModel):
    """What became of one's own attempt."""

    attempt: int
    answered: int
    right: int
    missed: int
    done: bool
    passed: bool
    last_at: datetime


class AnswerOut(BaseModel):
    """An answer of one's own that was recorded."""

    id: str
    attempt: int
    case: str
    verdict: str
    criteria: list[str]
    right: bool
    at: datetime


class AnsweredOut(AnswerOut):
    """An answer with its solution."""

    number: int
    """Which of the attempt's cases it was, from 1."""
    of: int
    done: AttemptOut | None
    """The attempt, once all of it is answered."""
    solution: SolutionOut | None
    """None once the case is no longer among those that are shipped."""


class AnswerPage(BaseModel):
    """One's own answers, newest first."""

    items: list[AnswerOut]
    next: str | None


class ResultOut(BaseModel):
    """That a colleague did all of an attempt, the day, and whether it was passed; nothing of the answers."""

    who: str
    """Pseudonym."""
    on: date
    passed: bool


class LessonsOut(BaseModel):
    """Where one stands with the lessons."""

    trained: bool
    ever_trained: bool
    renews: bool
    """Whether passing renews the training by itself."""
    passed_on: date | None
    """Day on which one last passed."""
    answered: int
    """Of the attempt that one is at."""
    of: int
    needed: int
    """Right answers from which an attempt is passed."""
    attempts: list[AttemptOut]
    results: list[ResultOut]
    """Of colleagues, for those who review the work; empty for others."""
