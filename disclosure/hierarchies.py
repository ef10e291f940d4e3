"""Hierarchies: the ever coarser values that may stand for a cell, from itself to "*", which says nothing.

Each step is a function of the value before it, so that values which were merged once stay merged: the property on which
the search for a generalisation rests (LeFevre, DeWitt & Ramakrishnan 2005, "Incognito").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

ANY = "*"
"""Stands for every value."""
UNKNOWN = ("", "?")
"""Values that say that nothing is known; they stay so at every level but the last."""
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-\d{2})?")
_WHOLE = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step up: the name of the level it leads to, and what a value becomes there."""

    name: str
    rise: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The levels of a column: 0 leaves the value as it is, each step leads one up, the last beyond them is "*"."""

    column: str
    steps: tuple[Step, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the levels, the finest first."""
        return ("as is", *(step.name for step in self.steps), ANY)

    def levels(self, values: Iterable[str]) -> tuple[dict[str, str], ...]:
        """Return, a level at a time, what each value becomes; `ValueError` for one that a step cannot read."""
        found = [{value: value for value in values}]
        for step in self.steps:
            found.append({value: _risen(step, last) for value, last in found[-1].items()})
        return (*found, dict.fromkeys(found[0], ANY))


def dropped(column: str) -> Hierarchy:
    """Return the hierarchy of a column that is told as it is or not at all."""
    return Hierarchy(column)


def months(column: str) -> Hierarchy:
    """Return month, quarter, year for days or months in ISO 8601 ("2026-03-14", "2026-03")."""
    return Hierarchy(column, (Step("month", _month), Step("quarter", _quarter), Step("year", lambda value: value[:4])))


def bands(column: str, *edges: tuple[int, ...]) -> Hierarchy:
    """Return bands of whole numbers, each level given by where its bands begin: (0, 12, 18) is 0-11, 12-17, 18+.

    What is below the first edge is its own band. `ValueError` if a level has an edge that the one before it lacks.
    """
    for finer, coarser in pairwise(edges):
        if not set(coarser) <= set(finer):
            raise ValueError(f"The bands of {column} do not nest: each level's edges must be among those before.")
    return Hierarchy(column, tuple(Step(f"{len(level)} bands", _Band(tuple(sorted(level)))) for level in edges))


def grouped(column: str, *steps: tuple[str, Mapping[str, str]]) -> Hierarchy:
    """Return a hierarchy of named levels, each given by a mapping from the level before it."""
    return Hierarchy(column, tuple(Step(name, _Mapped(column, mapping)) for name, mapping in steps))


@dataclass(frozen=True, slots=True)
class _Band:
    """Finds the band of a number, or of a band of finer edges by where that begins."""

    edges: tuple[int, ...]

    def __call__(self, value: str) -> str:
        if value.startswith("<"):
            return f"<{self.edges[0]}"
        first = _WHOLE.match(value)
        if first is None:
            raise ValueError("not a whole number")
        at = bisect_right(self.edges, int(first[0]))
        if at == 0:
            return f"<{self.edges[0]}"
        return f"{self.edges[at - 1]}-{self.edges[at] - 1}" if at < len(self.edges) else f"{self.edges[-1]}+"


@dataclass(frozen=True, slots=True)
class _Mapped:
    column: str
    mapping: Mapping[str, str]

    def __call__(self, value: str) -> str:
        try:
            return self.mapping[value]
        except KeyError:
            raise ValueError("not in the list") from None


def _month(value: str) -> str:
    if not _MONTH.fullmatch(value):
        raise ValueError("not a day or month")
    return value[:7]


def _quarter(value: str) -> str:
    return f"{value[:4]}-Q{(int(value[5:7]) + 2) // 3}"


def _risen(step: Step, value: str) -> str:
    if value in UNKNOWN:
        return value
    try:
        return step.rise(value)
    except ValueError as error:
        raise ValueError(f"A value has no {step.name}: {error}.") from None
