"""How well the units of a table hide among others: k and l, and which rows fall short.

Sources: k-anonymity, Sweeney 2002 (IJUFKS 10:5); l-diversity, distinct and by entropy, Machanavajjhala et al. 2007
(TKDD 1:1). The bars are those of `docs/decisions/024-disclosure.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Literal

from disclosure.classes import Classes, Row, Told, labels, size, units


@dataclass(frozen=True, slots=True)
class Bar:
    """What every class must reach: `k` units, and `l` different answers in each sensitive column."""

    k: int
    l: int = 1  # noqa: E741 - the name that the field gives it

    def __post_init__(self) -> None:
        if self.k < 1 or self.l < 1:
            raise ValueError("k and l are at least 1.")


OPEN = Bar(20, 3)
"""The bar of what anybody may have."""
TABULAR = Bar(11, 3)
"""The bar of what leaves under an agreement."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a class falls short.

    `k`: too few units. `l`: too few different answers in `column`. `shared`: one label is in all of its answers, so
    that whoever knows that somebody is among them knows it of them; `found` and `needed` are answers without it.
    """

    kind: Literal["k", "l", "shared"]
    column: str
    found: int
    needed: int


@dataclass(frozen=True, slots=True)
class RowAtFault:
    """The number of a row, from 1, and why it may not leave."""

    row: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a table reaches.

    `k` is the size of the smallest class; by sensitive column `l` is the least number of different answers, `entropy_l`
    e to the least entropy of answers. All are 0 for an empty table. `at_fault` counts rows.
    """

    rows: int
    units: int
    classes: int
    k: int
    l: dict[str, int]  # noqa: E741 - the name that the field gives it
    entropy_l: dict[str, float]
    at_fault: int


def measure(classes: Classes, bar: Bar) -> Measured:
    """Return what a table reaches, and how many of its rows fall short of a bar."""
    groups = classes.counts.values()
    answers = {column: [_answers(one, at) for one in groups] for at, column in enumerate(classes.roles.sensitive)}
    return Measured(
        rows=classes.rows,
        units=classes.units,
        classes=len(groups),
        k=min(map(size, groups), default=0),
        l={column: min(map(len, told), default=0) for column, told in answers.items()},
        entropy_l={column: min(map(_entropy_l, told), default=0.0) for column, told in answers.items()},
        at_fault=sum(
            len(seen) * size(one) for seen, one in classes.counts.items() if faults(one, classes.roles.sensitive, bar)
        ),
    )


def faults(members: Mapping[Told, int], sensitive: tuple[str, ...], bar: Bar) -> tuple[Fault, ...]:
    """Return why a class falls short of a bar, nothing if it does not.

    A class that meets the bar still does when others are merged into it; the search for a generalisation rests on that.
    """
    found = size(members)
    short = [Fault("k", "", found, bar.k)] if found < bar.k else []
    if bar.l > 1:
        for at, column in enumerate(sensitive):
            short += _too_alike({told[at] for told in members}, column, bar.l)
    return tuple(short)


def rows_at_fault(rows: Iterable[Row], classes: Classes, bar: Bar) -> Iterator[RowAtFault]:
    """Yield the rows of a table that fall short, given the classes that were counted of it: a second pass over it.

    A row of a class that was never counted is at fault, as one of a class of none.
    """
    for unit in units(rows, classes.roles):
        short = faults(classes.counts.get(unit.seen, {}), classes.roles.sensitive, bar)
        if short:
            yield from (RowAtFault(unit.first + at, short) for at in range(len(unit.rows)))


def _too_alike(answers: set[str], column: str, least: int) -> list[Fault]:
    if len(answers) < least:
        return [Fault("l", column, len(answers), least)]
    if frozenset.intersection(*map(labels, answers)):
        return [Fault("shared", column, 0, 1)]
    return []


def _answers(members: Mapping[Told, int], at: int) -> dict[str, int]:
    counted: dict[str, int] = {}
    for told, units_ in members.items():
        counted[told[at]] = counted.get(told[at], 0) + units_
    return counted


def _entropy_l(answers: Mapping[str, int]) -> float:
    total = sum(answers.values())
    return exp(-sum(count / total * log(count / total) for count in answers.values()))
