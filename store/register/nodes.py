"""Holding the stored inner nodes against those that the leaves make, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.register.findings import Findings, Kind
from store.register.tree import Node
from store.tables import RegisterLeaf, RegisterNode

_AT_ONCE = 5000
_MOST_KEPT = 1000


class NodeCheck:
    """Collects nodes as they become whole, and what of the stored ones is not the same.

    A node that differs was spoilt if a signed head covers it and holds; if not, its entries were changed.
    """

    def __init__(self, session: Session, found: Findings) -> None:
        self._session = session
        self._found = found
        self._made: dict[Node, bytes] = {}
        self._wrong: list[Node] = []
        self._good = 0

    def add(self, whole: Iterable[tuple[Node, bytes]]) -> None:
        """Take in nodes that were made whole."""
        self._made.update(whole)
        if len(self._made) >= _AT_ONCE:
            self._compare()

    def hold(self, size: int) -> None:
        """Note that the first `size` leaves are as they were signed."""
        self._good = size

    def tell(self) -> None:
        """Say of every node so far that differs what it means."""
        self._compare()
        for node in self._wrong:
            first, last = self._entries_of(node)
            if self._found.touch(first, last):
                continue
            if (node.position + 1) << node.level <= self._good:
                self._found.add(Kind.SPOILT, "a stored node of the tree is not what they make it", first, last)
            else:
                self._found.add(Kind.CHANGED, "the tree was made of other entries", first, last)
        self._wrong.clear()

    def surplus(self, size: int) -> int:
        """Return how many more nodes are stored than a tree of `size` leaves has: one less a set bit than leaves."""
        stored = self._session.scalar(select(func.count()).select_from(RegisterNode)) or 0
        return stored - (size - size.bit_count())

    def _compare(self) -> None:
        stored = self._stored()
        for node in sorted(self._made):
            if stored.get(node) != self._made[node] and len(self._wrong) < _MOST_KEPT:
                self._wrong.append(node)
        self._made.clear()

    def _stored(self) -> dict[Node, bytes]:
        places: dict[int, list[int]] = defaultdict(list)
        for level, position in self._made:
            places[level].append(position)
        table = RegisterNode
        found: dict[Node, bytes] = {}
        for level, positions in places.items():
            near = table.position.between(min(positions), max(positions))
            query = select(table.position, table.hash).where(table.level == level, near)
            found |= {Node(level, place): hash_ for place, hash_ in self._session.execute(query)}
        return found

    def _entries_of(self, node: Node) -> tuple[int, int]:
        """Return the lowest and the highest number under a node; its neighbours count too where places are missing."""
        start, leaf = node.position << node.level, RegisterLeaf
        end = start + (1 << node.level) - 1
        before = select(leaf.position).where(leaf.position <= start).order_by(leaf.position.desc()).limit(1)
        after = select(leaf.position).where(leaf.position >= end).order_by(leaf.position).limit(1)
        first, last = self._session.scalar(before) or 0, self._session.scalar(after) or 2**62
        ends = select(func.min(leaf.n), func.max(leaf.n)).where(leaf.position.between(first, last))
        low, high = self._session.execute(ends).one()
        return low or 0, high or 2**62
