"""Shapes of a blind judgement, of the second readings that wait, and of how far readers agree."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from store.criteria import State
from triage_api.queue.models import Verdict
from triage_api.shell.fields import Line, Paragraph

Turn = Literal["first", "second"]
Standing = Literal["undefined", "few", "rare", "weak", "advisory", "strong"]
"""What alpha says: nothing varies, too few posts, met in too few of them, under .667, under .8, at least .8."""


class JudgementIn(BaseModel):
    """What a person finds in a text before they are shown what the reader or anybody else found."""

    verdict: Verdict
    criteria: Annotated[list[Line], Field(max_length=60)] = Field(default_factory=list)
    version: int | None = None
    """The version of the post that was read: if it was edited since, nothing is judged. None: not checked."""


class SealIn(BaseModel):
    """Why a text that a second reader has before them is put in quarantine at once."""

    criteria: Annotated[list[Line], Field(max_length=60)] = Field(default_factory=list)
    reason: Paragraph


class JudgementOut(BaseModel):
    """A judgement that was recorded; `reopened`: it is graver than what had been decided, so the item waits again."""

    item: str
    post: str
    turn: Turn
    reopened: bool


class Judging(BaseModel):
    """How a person stands to a post that they are to judge: what the form on its page needs."""

    item: str
    post: str
    """The post that is judged: another one, where this one is a copy of its text."""
    turn: Turn
    mine: bool
    """They hold it, so they may judge it now."""
    held: bool
    """Somebody else holds it."""


class SecondOut(BaseModel):
    """The second reading that a person took; None where none is left for them."""

    item: str | None
    post: str | None


class WaitingOut(BaseModel):
    """Second readings that wait: how many, since when, and how many of them this person may take."""

    waiting: int
    since: datetime | None
    yours: int


class AgreementLine(BaseModel):
    """How far two readers agree on one criterion, or on the verdict."""

    subject: str
    """Id of the criterion, or ``verdict``."""
    posts: int
    """Posts that two people judged by the grid in force, since a person last restored the criterion."""
    met: int
    """Posts among them in which at least one of the two saw it; for the verdict, all."""
    alpha: float | None
    low: float | None
    high: float | None
    standing: Standing
    state: State
    by: str | None
    """Who set the state: a pseudonym, or ``agreement`` where the figure decided; None: never set."""
    at: datetime | None


class AgreementOut(BaseModel):
    """How far readers agree on the verdict and on each criterion of the grid in force."""

    grid: str
    lines: list[AgreementLine]


class StateIn(BaseModel):
    """A criterion that a person suspends from automation or restores, and why."""

    criterion: Line
    state: State
    reason: Paragraph
