"""The lattice of generalisations, and the way to its best node without looking at all of them.

A node gives each column a level. What a node leaves at fault only shrinks upwards, so one node that is held against the
bar decides for all above or below it; paths are bisected as in Flash (Kohlmayer et al. 2012) and OLA (El Emam et al.
2009, JAMIA 16:5). Unlike these, which choose among the lowest nodes that pass, the answer is the best of all: a node's
loss without suppressing is known beforehand and is a floor under its loss, so what cannot be better is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

Node = tuple[int, ...]
"""A level for each column, in their order."""
_MOST_NODES = 50_000


class OutOfReach(ValueError):
    """Even saying nothing does not reach the bar: too few units, too few different answers, or too odd persons."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a generalisation costs.

    `information` is the generalised information loss, 0 for a table as it is to 1 for one that says nothing (Iyengar
    2002): for each cell the share of the column's other values that it now could be, 1 in suppressed rows.
    `discernibility` adds the squared sizes of the classes, and for a suppressed unit all units (Bayardo & Agrawal
    2005). `suppressed` counts rows.
    """

    information: float
    discernibility: int
    suppressed: int
    rows: int
    classes: int


class Lattice:
    """All nodes of columns with so many levels (`heights`), reckoned by `reckon` when they must be.

    `floor` must be at most the information loss that `reckon` gives, and must not fall from a node to one above it; nor
    may the rows that `reckon` finds suppressed grow. `ValueError` for more than 50,000 nodes.
    """

    def __init__(self, heights: Sequence[int], floor: Callable[[Node], float], reckon: Callable[[Node], Loss]) -> None:
        self.nodes = prod(heights)
        if self.nodes > _MOST_NODES:
            raise ValueError(f"More than {_MOST_NODES} ways to generalise: give fewer columns or levels.")
        self.reckoned: dict[Node, Loss] = {}
        self._heights, self._floor, self._reckon = heights, floor, reckon
        self._passing: list[Node] = []
        self._failing: list[Node] = []

    def best(self, allowed: float) -> Node:
        """Return the node of least information loss of those that suppress at most `allowed` rows, or `OutOfReach`."""
        nodes = sorted(product(*map(range, self._heights)), key=lambda node: (sum(node), node))
        for node in nodes:
            if self._passes(node) is None:
                self._bisect(self._path(node), allowed)
        passing = sorted((self._floor(node), node) for node in nodes if self._passes(node))
        if not passing:
            raise OutOfReach("No generalisation reaches the bar: there is too little, or too little variety, to share.")
        chosen = passing[0][1]
        for floor, node in passing:
            if floor >= self.loss(chosen).information:
                break
            chosen = min(chosen, node, key=lambda one: (self.loss(one).information, one))
        return chosen

    def loss(self, node: Node) -> Loss:
        """Return what a node costs; it is reckoned once."""
        if node not in self.reckoned:
            self.reckoned[node] = self._reckon(node)
        return self.reckoned[node]

    def _path(self, node: Node) -> list[Node]:
        """Return a way up from a node through nodes of which nothing is known yet, cheapest first."""
        path = [node]
        while above := [one for one in self._above(path[-1]) if self._passes(one) is None]:
            path.append(min(above, key=lambda one: (self._floor(one), one)))
        return path

    def _bisect(self, path: list[Node], allowed: float) -> None:
        low, high = 0, len(path)
        while low < high:
            middle = (low + high) // 2
            if self.loss(path[middle]).suppressed <= allowed:
                self._passing.append(path[middle])
                high = middle
            else:
                self._failing.append(path[middle])
                low = middle + 1

    def _passes(self, node: Node) -> bool | None:
        """Return whether a node passes, None if what was looked at does not tell."""
        if any(_under(one, node) for one in self._passing):
            return True
        return False if any(_under(node, one) for one in self._failing) else None

    def _above(self, node: Node) -> Iterator[Node]:
        for at, level in enumerate(node):
            if level + 1 < self._heights[at]:
                yield (*node[:at], level + 1, *node[at + 1 :])


def _under(one: Node, other: Node) -> bool:
    return all(low <= high for low, high in zip(one, other, strict=True))
