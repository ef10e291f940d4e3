"""Whether a table of counts gives away a small figure: by itself, or by what follows from all of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from disclosure.atoms import TooMany
from disclosure.attack import Inconsistent
from disclosure.figures import LEAST, Figure, Scope, scope_of
from disclosure.rounding import BASE
from disclosure.weakness import Weakness, weaknesses
from pipeline.exports.package.formats import read_table
from pipeline.exports.package.shapes import Fault, TableShape

ALL = "*"
"""Stands in a column for all of its values together."""
_WHY: Mapping[str, str] = {
    "small": f"it tells a figure under {LEAST}",
    "narrow": f"it is withheld, and the others narrow it to less than {LEAST}",
    "implied": f"with another figure it tells one under {LEAST}",
    "overlap": f"with others it tells a figure under {LEAST}",
}


def small_figures(path: Path, shape: TableShape) -> Iterator[Fault]:
    """Yield the rows that tell a small figure or help to work one out, and those that are not rounded.

    Figures of one label are looked at together; ``*`` stands for all the values that the dictionary gives a column.
    """
    counted = shape.having("count")[0]
    by_label: dict[tuple[str, ...], dict[Scope, int]] = {}
    figures: dict[tuple[str, ...], list[Figure]] = {}
    for number, row in enumerate(read_table(path, shape), 1):
        count, label = row[counted], tuple(str(row[name]) for name in shape.having("plain"))
        if not (count is None or isinstance(count, int)):
            yield Fault(check="counts", file=path.name, row=number, why="its count is no number")
            return
        if count is not None and count % BASE:
            yield Fault(check="counts", file=path.name, row=number, why=f"its count is no multiple of {BASE}")
        scope = _scope(row, shape)
        by_label.setdefault(label, {})[scope] = number
        figures.setdefault(label, []).append(Figure(scope, count))
    for label, own in figures.items():
        yield from _weak(path, own, by_label[label])


def _weak(path: Path, figures: list[Figure], numbers: Mapping[Scope, int]) -> Iterator[Fault]:
    first = min(numbers.values())
    try:
        found = weaknesses(figures, base=BASE)
    except Inconsistent:
        yield Fault(check="counts", file=path.name, row=first, why="the figures of its label contradict each other")
    except (TooMany, ValueError) as error:
        yield Fault(check="counts", file=path.name, row=first, why=str(error))
    else:
        yield from (_fault(path, weakness, numbers) for weakness in found)


def _fault(path: Path, weakness: Weakness, numbers: Mapping[Scope, int]) -> Fault:
    return Fault(check="counts", file=path.name, row=numbers.get(weakness.scope), why=_WHY[weakness.kind])


def _scope(row: Mapping[str, object], shape: TableShape) -> Scope:
    values = {column.name: column.values or [] for column in shape.columns if column.role == "quasi"}
    own = {name: str(row[name]) for name in values}
    return scope_of({name: set(values[name]) - {ALL} if told == ALL else {told} for name, told in own.items()})
