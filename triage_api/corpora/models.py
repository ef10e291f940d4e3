"""Shapes of a corpus: the open tier holds counts, never a text and never a row about one post."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from triage_api.shell.fields import Needed

ALL_REGIONS = "*"
"""The region of a cell that counts all regions together."""


class CorpusIn(BaseModel):
    """What an export is for."""

    purpose: Needed
    tier: Literal["open"] = "open"


class Cell(BaseModel):
    """How many different flagged texts of a month and a region carry a signal or meet a criterion.

    `count` is None where the figure is withheld: it is under `least`, or would let such a figure be worked out.
    """

    month: str
    region: str
    kind: Literal["signal", "criterion"]
    name: str
    count: int | None


class Corpus(BaseModel):
    """An open-tier export."""

    id: str
    tier: Literal["open"]
    purpose: str
    grid: str
    models: list[str]
    least: int
    """Figures under this are withheld."""
    made_at: datetime
    cells: list[Cell]


class CorpusLine(BaseModel):
    """An export that was made."""

    id: str
    tier: str
    purpose: str
    status: Literal["ready"] = "ready"
    cells: int
    withheld: int
    files: list[str]
    created_at: datetime


class CorpusPage(BaseModel):
    """Exports, newest first."""

    items: list[CorpusLine]
    next: None = None
