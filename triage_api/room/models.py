"""Shapes of the reading room: what pages show and forms send. No program has any of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from triage_api.corpora.models import MOST_CODES
from triage_api.shell.fields import Cleaned, Line

LONGEST = 600
"""Characters of a paraphrase at most: it tells what a text is about, and does not retell it."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST), Cleaned]


class CodesIn(BaseModel):
    """Which codes somebody gives a text: all of theirs, in the place of those that they gave before."""

    codes: Annotated[list[str], Field(max_length=MOST_CODES)] = []


class ParaphraseIn(BaseModel):
    """What somebody says of a text in words of their own."""

    words: Words


class JudgeIn(BaseModel):
    """What a reviewer decides of a paraphrase."""

    decision: Literal["release", "refuse"]
    reason: Line = ""


class RoomOut(BaseModel):
    """A study whose room somebody may enter."""

    study: str
    purpose: str
    ends_at: datetime
    texts: int
    coded: int
    """Texts that this person gave a code."""


class LineOut(BaseModel):
    """A text of a room in its list: nothing of what it says."""

    token: str
    place: int
    codes: list[str]
    """Given by this person."""


class CodeAgreement(BaseModel):
    """How far those who coded the same texts agree on one code."""

    code: str
    texts: int
    """Texts that two people or more coded."""
    given: int
    """Those among them to which somebody gave it."""
    alpha: float | None
    """Krippendorff's, with its 95 % interval; None where nothing varies."""
    low: float | None
    high: float | None


class OwnWords(BaseModel):
    """A paraphrase that somebody wrote, and what became of it."""

    words: str
    status: str
    reason: str
    created_at: datetime


class TextOut(BaseModel):
    """A text of a room, opened."""

    token: str
    study: str
    place: int
    before: str
    """Token of the text before it in the room; empty: none."""
    after: str
    text: str
    """Redacted; the same value has the same number in every text of the study."""
    codebook: dict[str, str]
    codes: list[str]
    paraphrases: list[OwnWords]
    opened_at: datetime


class WaitingOut(BaseModel):
    """A paraphrase that waits for a reviewer, in their list."""

    id: str
    purpose: str
    by: str
    """Pseudonym."""
    created_at: datetime


class ReviewOut(WaitingOut):
    """A paraphrase that a reviewer opened, beside the text that it is of."""

    words: str
    text: str
    led_back: bool
    """Whether a search for its rare words finds its text before any other of the room."""
    lead: float
    """By how much: the score of its text over that of the next one, 0 if it does not come first."""
    opened_at: datetime
    status: str
