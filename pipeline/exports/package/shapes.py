"""Shapes of a corpus on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from store.exports import Scope, Tier

Plain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.+_-]{0,60}$")]
"""A number or a version: nothing that could say more."""
_LEVELS = r"^(as is|month|quarter|year|group|Québec|once or more|\*|shifted by \d{1,3} days at most)$"
Level = Annotated[str, StringConstraints(pattern=_LEVELS)]
"""To what a column was generalised."""
ColumnRole = Literal["quasi", "sensitive", "subject", "weight", "count", "plain", "text"]
"""``quasi``: may be known already; ``sensitive``: must not be learnt; ``subject``: the person's token; ``count``: a
figure of a table of counts; ``text``: words, read by every detector; ``plain``: what neither tells nor identifies."""
ColumnType = Literal["string", "integer", "number"]
FORMATS = ("jsonl", "csv", "parquet")
SUMS, PROOF, DICTIONARY, CROISSANT, DATASHEET = (
    "SHA256SUMS",
    "proof.json",
    "data-dictionary.json",
    "croissant.json",
    "datasheet.md",
)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Shape):
    """A column: what it means in both languages, and what it may hold."""

    name: str
    role: ColumnRole
    type: ColumnType = "string"
    fr: str
    en: str
    values: list[str] | None = None
    """All that it may hold; None where a form says it."""
    form: str = ""
    """Regular expression of what it may hold from end to end; empty, without values: any text."""


class TableShape(_Shape):
    """A table: its columns in order, and of counts, which columns say what is counted."""

    name: str
    columns: list[Column]
    kind: Literal["rows", "counts", "words"] = "rows"

    def having(self, *roles: ColumnRole) -> tuple[str, ...]:
        """Return the names of the columns of some roles, in order."""
        return tuple(column.name for column in self.columns if column.role in roles)


class About(_Shape):
    """What a corpus says of itself; its proof believes none of the figures."""

    export: Plain
    study: Plain
    """The study's id; no token follows from it."""
    tier: Tier
    purpose: str
    made_at: datetime
    ends_at: datetime
    """When whoever holds a copy must have destroyed it, unless the house renews it."""
    grid: Plain
    models: list[Plain]
    scope: Scope
    population: int
    """Posts that the scope covers and that may leave."""
    levels: dict[Plain, Level] = Field(default_factory=dict)
    """To what each quasi-identifying column was generalised."""
    loss: dict[Literal["information", "rows_left_out"], float] = Field(default_factory=dict)
    """What that cost: information lost, 0 to 1, and rows left out."""


class Dictionary(_Shape):
    """The data dictionary of a corpus, as ``data-dictionary.json`` holds it."""

    about: About
    tables: list[TableShape]


@dataclass(frozen=True, slots=True)
class Table:
    """A table to write: its shape, and its rows, which are read once; of a person together, ascending by token."""

    shape: TableShape
    rows: Iterable[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was written: files by name with their SHA-256, and rows by table."""

    files: dict[str, str]
    rows: dict[str, int]


class Fault(_Shape):
    """Why a corpus may not leave: which check, where, and why in words; the value at fault is nowhere in it."""

    check: Literal["files", "formats", "classes", "leaks", "intruders", "phrases", "counts", "dictionary"]
    file: str
    row: int | None = None
    """Numbered from 1, a heading not counted; None: the file as a whole."""
    why: str


class Report(_Shape):
    """What a proof found."""

    tier: Tier
    faults: list[Fault]
    more: int = 0
    """Faults beyond those that are told."""
    figures: dict[str, float] = Field(default_factory=dict)
    left_out: list[str] = Field(default_factory=list)
    """Checks that could not be made on the files alone."""
    phrases: dict[str, float] = Field(default_factory=dict)
    """What paraphrases share with the texts they are of: only the house, which has these, can say so."""

    @property
    def passed(self) -> bool:
        """Tell whether it may leave."""
        return not self.faults
