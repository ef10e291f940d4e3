"""The common grid of criteria: what is looked for, in words that every partner shares, under one version.

The grid is data (``models/grid.yaml``). It says what a text may show, never what a person is.
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nlp.types import Signal, Urgency

Family = Literal["recruitment", "minor", "distress", "control", "movement", "demand"]
Grade = Literal["A", "B", "C", "S"]
Level = Literal["U0", "U1", "U2", "U3"]
CriterionId = Annotated[str, StringConstraints(pattern=r"^[RMDCVX]\d{2}$")]
CounterId = Annotated[str, StringConstraints(pattern=r"^N\d{2}$")]
Words = Annotated[str, StringConstraints(min_length=3, strip_whitespace=True)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(_Frozen):
    """The same words in French and in English."""

    fr: Words
    en: Words


class UrgencyLevel(Bilingual):
    """One step of the disclosure scale and the delay in which a person should have read."""

    human_review_target: Words


class Source(_Frozen):
    """Where a criterion comes from."""

    ref: Words
    url: str | None = None


class Criterion(_Frozen):
    """One thing that a text may show.

    `alone_max` bounds what may be disclosed on this criterion alone; `reading` says how soon a post showing it is to
    be read; `signals` are the signals it raises (none: context only); `automated` is false where
    one text cannot show it.
    """

    id: CriterionId
    family: Family
    name_fr: Words
    name_en: Words
    def_fr: Words
    def_en: Words
    signals: tuple[Signal, ...]
    reading: Urgency
    automated: bool
    urgency: Level
    alone_max: Level
    grade: Grade
    sources: tuple[str, ...]


class Counter(_Frozen):
    """Something that lowers the score and is shown beside the criteria."""

    id: CounterId
    fr: Words
    en: Words


class ChangeControl(_Frozen):
    """How the grid may change."""

    cadence: Words
    inter_rater: Words


class Head(_Frozen):
    """Identity, version and rules of the grid."""

    id: Words
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    date: str
    status: Literal["proposed", "approved", "retired"]
    languages: tuple[Literal["fr", "en"], ...]
    why: Bilingual
    rules: tuple[Words, ...]
    change_control: ChangeControl
    changes: dict[str, Words]


class Quarantine(Bilingual):
    """What is done with a text that itself seems to describe the abuse of a minor."""

    source: tuple[str, ...]


class Grid(_Frozen):
    """The whole grid, checked: ids are unique, every source named exists, every family has criteria."""

    grid: Head
    urgency_scale: dict[Level, UrgencyLevel]
    evidence_grades: dict[Grade, Words]
    families: tuple[Family, ...]
    quarantine: Quarantine
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    counters: tuple[Counter, ...]
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [*(item.id for item in self.criteria), *(item.id for item in self.counters)]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"ids used twice: {', '.join(twice)}")
        named = {source for criterion in self.criteria for source in criterion.sources}
        if unknown := sorted(named - set(self.sources)):
            raise ValueError(f"sources named but not listed: {', '.join(unknown)}")
        if empty := sorted(set(self.families) - {criterion.family for criterion in self.criteria}):
            raise ValueError(f"families without a criterion: {', '.join(empty)}")
        return self

    @cached_property
    def _by_id(self) -> dict[str, Criterion]:
        return {item.id: item for item in self.criteria}

    @property
    def version(self) -> str:
        """Return the version that every assessment, log entry and export cites."""
        return self.grid.version

    def criterion(self, identity: str) -> Criterion:
        """Return one criterion by its id; raises KeyError when the grid has none."""
        return self._by_id[identity]

    def raising(self, signal: Signal) -> tuple[Criterion, ...]:
        """Return the criteria that raise a signal, in the grid's order."""
        return tuple(item for item in self.criteria if signal in item.signals)


def parse_grid(source: str) -> Grid:
    """Read a grid from YAML text; raises pydantic's ValidationError on one that does not hold."""
    return Grid.model_validate(yaml.safe_load(source))


@cache
def load_grid() -> Grid:
    """Return the grid shipped with Vigie (``models/grid.yaml``), checked once."""
    return parse_grid(files("models").joinpath("grid.yaml").read_text(encoding="utf-8"))
