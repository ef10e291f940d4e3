"""Generalising a table until it reaches a bar, so that least is lost, and what was lost.

Full-domain generalisation: a column has one level throughout, so that what leaves can be counted and joined like any
table. It works on counted classes; rows are read once before (`classes.count_classes`) and once after (`released`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import getitem

from disclosure.classes import Classes, Roles, Row, Seen, cell, size, units
from disclosure.hierarchies import Hierarchy
from disclosure.lattice import Lattice, Loss, Node
from disclosure.measuring import Bar, faults

Maps = tuple[Mapping[str, str], ...]
"""What each value becomes, a column at a time."""


@dataclass(frozen=True, slots=True)
class Generalisation:
    """Levels with which a table reaches a bar once the classes in `suppressed` are left out, and what they cost."""

    roles: Roles
    levels: dict[str, str]
    """The name of the level of each quasi-identifying column."""
    maps: Maps
    suppressed: frozenset[Seen]
    loss: Loss
    reckoned: int
    """Nodes of the lattice that were reckoned, out of `nodes`."""
    nodes: int


def generalise(
    classes: Classes,
    hierarchies: Sequence[Hierarchy],
    bar: Bar,
    *,
    most_suppressed: float = 0.05,
    weights: Mapping[str, float] | None = None,
) -> Generalisation:
    """Return the generalisation of least information loss with which classes reach a bar.

    `most_suppressed` is the share of rows that may be left out, 0 to 1; `weights` says how much the information of a
    column counts beside the others' (1 where not given). Raises `lattice.OutOfReach`; `ValueError` for a
    quasi-identifying column without exactly one hierarchy, a value that its hierarchy cannot read, or more than 50,000
    nodes.
    """
    by_column = {one.column: one for one in hierarchies}
    if set(by_column) != set(classes.roles.quasi) or len(by_column) != len(hierarchies):
        raise ValueError("Give one hierarchy for each quasi-identifying column, and none for others.")
    table = _Table(classes, [by_column[column] for column in classes.roles.quasi], bar, weights or {})
    lattice = Lattice(table.heights, table.floor, table.reckon)
    node = lattice.best(most_suppressed * classes.rows)
    maps = table.maps(node)
    return Generalisation(
        roles=classes.roles,
        levels={
            column: by_column[column].names[level] for column, level in zip(classes.roles.quasi, node, strict=True)
        },
        maps=maps,
        suppressed=frozenset(table.at_fault(merged(classes, maps))),
        loss=lattice.loss(node),
        reckoned=len(lattice.reckoned),
        nodes=lattice.nodes,
    )


def released(rows: Iterable[Row], found: Generalisation) -> Iterator[dict[str, object]]:
    """Yield the rows that may leave, in order, generalised; memory does not grow with them.

    The rows must be those that were counted: `ValueError` for a value, or a class, that was not met then.
    """
    for unit in units(rows, found.roles):
        try:
            hidden = risen(unit.seen, found.maps) in found.suppressed
        except KeyError:
            raise ValueError(f"Row {unit.first} has a value that was not there when the rows were counted.") from None
        if not hidden:
            yield from (_coarser(row, found) for row in unit.rows)


def merged(classes: Classes, maps: Maps) -> Classes:
    """Return the classes of a table whose values were mapped."""
    coarser = Classes(classes.roles)
    for own, members in classes.counts.items():
        into = coarser.counts.setdefault(risen(own, maps), {})
        for told, count in members.items():
            into[told] = into.get(told, 0) + count
    return coarser


def risen(own: Seen, maps: Maps) -> Seen:
    """Return what a unit shows once its values are mapped."""
    if len(own) == 1:
        return (tuple(map(getitem, maps, own[0])),)
    return tuple(sorted([tuple(map(getitem, maps, row)) for row in own]))


def _coarser(row: Row, found: Generalisation) -> dict[str, object]:
    told = dict(row)
    for column, map_ in zip(found.roles.quasi, found.maps, strict=True):
        told[column] = map_[cell(row, column, 0)]
    return told


class _Table:
    """Counted classes with the hierarchies of their columns: what each node of their lattice costs."""

    def __init__(
        self, classes: Classes, hierarchies: Sequence[Hierarchy], bar: Bar, weights: Mapping[str, float]
    ) -> None:
        self._classes, self._bar = classes, bar
        self._rows, self._units = classes.rows, classes.units
        counted = _values(classes, len(hierarchies))
        self._levels = [one.levels(values) for one, values in zip(hierarchies, counted, strict=True)]
        raw = [weights.get(one.column, 1.0) for one in hierarchies]
        shares = [weight / (sum(raw) or 1.0) for weight in raw]
        self._costs = [
            [_costs(level, share) for level in levels] for levels, share in zip(self._levels, shares, strict=True)
        ]
        self._floors = [
            [sum(values[value] * lost for value, lost in cost.items()) / max(1, self._rows) for cost in costs]
            for costs, values in zip(self._costs, counted, strict=True)
        ]
        self.heights = [len(levels) for levels in self._levels]

    def maps(self, node: Node) -> Maps:
        """Return what each value becomes at a node."""
        return tuple(levels[level] for levels, level in zip(self._levels, node, strict=True))

    def floor(self, node: Node) -> float:
        """Return the information that a node loses if it suppresses nothing; suppressing only adds."""
        return sum(floors[level] for floors, level in zip(self._floors, node, strict=True))

    def at_fault(self, classes: Classes) -> Iterator[Seen]:
        """Yield the classes that fall short of the bar."""
        sensitive = classes.roles.sensitive
        return (seen for seen, members in classes.counts.items() if faults(members, sensitive, self._bar))

    def reckon(self, node: Node) -> Loss:
        """Return what a node costs, with what it must suppress."""
        maps = self.maps(node)
        coarser = merged(self._classes, maps)
        out = set(self.at_fault(coarser))
        kept = [size(members) for seen, members in coarser.counts.items() if seen not in out]
        return Loss(
            information=self.floor(node) + self._lost_beyond(node, out, maps) / max(1, self._rows),
            discernibility=sum(one * one for one in kept) + (self._units - sum(kept)) * self._units,
            suppressed=sum(len(seen) * size(coarser.counts[seen]) for seen in out),
            rows=self._rows,
            classes=len(kept),
        )

    def _lost_beyond(self, node: Node, out: set[Seen], maps: Maps) -> float:
        """Return what suppressed rows lose beyond what their generalised cells would have lost, in rows."""
        costs = [costs[level] for costs, level in zip(self._costs, node, strict=True)]
        hidden = [own for own in self._classes.counts if risen(own, maps) in out] if out else []
        return sum(
            size(self._classes.counts[own]) * (1 - sum(cost[value] for cost, value in zip(costs, row, strict=True)))
            for own in hidden
            for row in own
        )


def _values(classes: Classes, columns: int) -> list[dict[str, int]]:
    """Return for each column in how many rows each value stands."""
    counted: list[dict[str, int]] = [{} for _ in range(columns)]
    for own, members in classes.counts.items():
        count = size(members)
        for row in own:
            for values, value in zip(counted, row, strict=True):
                values[value] = values.get(value, 0) + count
    return counted


def _costs(level: Mapping[str, str], weight: float) -> dict[str, float]:
    """Return what each value loses at a level: the share of the other values that it now could be."""
    leaves: dict[str, int] = {}
    for value in level.values():
        leaves[value] = leaves.get(value, 0) + 1
    others = max(1, len(level) - 1)
    return {value: weight * (leaves[risen_] - 1) / others for value, risen_ in level.items()}
