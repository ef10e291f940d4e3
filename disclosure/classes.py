"""Equivalence classes: units that look alike to somebody who knows their quasi-identifiers, counted and never kept.

What is held in memory grows with the number of different classes, not with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

Row = Mapping[str, object]
"""The cells of a row by column."""
Seen = tuple[tuple[str, ...], ...]
"""What of a unit is open to view: the quasi-identifying cells of each of its rows, sorted."""
Told = tuple[str, ...]
"""The sensitive cells of a unit, one a column."""
BETWEEN_LABELS = "|"
"""Stands between the labels of one cell; their order does not matter."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns somebody may know already (`quasi`), which must not be learnt (`sensitive`), and whose a row is.

    Where a file holds a token for the person (`subject`), a person's rows are read together: they are one unit, and
    what singles out is all of them at once. Without it a row is a unit.
    """

    quasi: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """One person's rows, or one row: the numbers of its first row and of its rows, and what it shows and tells."""

    first: int
    rows: tuple[Row, ...]
    seen: Seen
    told: Told


@dataclass(slots=True)
class Classes:
    """How many units there are of each class, by the sensitive cells that they tell."""

    roles: Roles
    counts: dict[Seen, dict[Told, int]] = field(default_factory=dict)

    def add(self, seen: Seen, told: Told, units: int = 1) -> None:
        """Count units of one class that tell the same."""
        members = self.counts.setdefault(seen, {})
        members[told] = members.get(told, 0) + units

    @property
    def units(self) -> int:
        """Return how many units were counted."""
        return sum(map(size, self.counts.values()))

    @property
    def rows(self) -> int:
        """Return how many rows were counted."""
        return sum(len(seen) * size(members) for seen, members in self.counts.items())


def size(members: Mapping[Told, int]) -> int:
    """Return how many units a class has."""
    return sum(members.values())


def count_classes(rows: Iterable[Row], roles: Roles) -> Classes:
    """Count the classes of a table in one pass; errors as `units`."""
    classes = Classes(roles)
    for unit in units(rows, roles):
        classes.add(unit.seen, unit.told)
    return classes


def units(rows: Iterable[Row], roles: Roles) -> Iterator[Unit]:
    """Yield the units of a table; rows are numbered from 1, a heading is not counted.

    Raises `ValueError` if a row lacks a column, or if a person's rows are not together: they must ascend by token, the
    one order that can be checked without remembering every token.
    """
    if roles.subject is None:
        yield from (_row(number, row, roles) for number, row in enumerate(rows, 1))
        return
    column, last = roles.subject, None
    for subject, own in groupby(enumerate(rows, 1), key=lambda pair: cell(pair[1], column, pair[0])):
        group = list(own)
        if last is not None and subject < last:
            raise ValueError(f"Row {group[0][0]} is out of order: sort the rows by {column}.")
        last = subject
        yield _unit(group[0][0], [row for _, row in group], roles)


def cell(row: Row, column: str, number: int) -> str:
    """Return a cell as text, "" for None; `ValueError` if row `number` has no such column."""
    try:
        value = row[column]
    except KeyError:
        raise ValueError(f"Row {number} has no column {column}.") from None
    return "" if value is None else str(value)


def labels(told: str) -> frozenset[str]:
    """Return the labels of a sensitive cell; an empty cell has one, "", so that "none" counts as an answer."""
    return frozenset(told.split(BETWEEN_LABELS))


def _row(number: int, row: Row, roles: Roles) -> Unit:
    """Return the unit of a single row: what `_unit` does, for the many."""
    seen = tuple([cell(row, column, number) for column in roles.quasi])
    return Unit(number, (row,), (seen,), tuple([_sorted(cell(row, column, number)) for column in roles.sensitive]))


@lru_cache(maxsize=4096)
def _sorted(told: str) -> str:
    return _joined((told,))


def _unit(first: int, rows: list[Row], roles: Roles) -> Unit:
    cells = [tuple(cell(row, column, first + at) for column in roles.quasi) for at, row in enumerate(rows)]
    told = tuple(_joined(cell(row, column, first) for row in rows) for column in roles.sensitive)
    return Unit(first, tuple(rows), tuple(sorted(cells)), told)


def _joined(cells: Iterable[str]) -> str:
    found = frozenset().union(*map(labels, cells))
    return BETWEEN_LABELS.join(sorted(found - {""} or found))
