"""What was done between a checkpoint that the entries still make and the first that they do not.

A guess is told only if it makes every signed root of the window come out: an entry that is taken out again, two that
change places. A changed or deleted entry cannot be guessed: what it was is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from store.register.findings import Kind
from store.register.marks import Mark
from store.register.tree import Range

PLACES = 64
"""Entries on either side of the first checkpoint that does not hold: more would be too many pairs to try."""


@dataclass
class Window:
    """The entries since the last checkpoint that held, and the signed heads among them, the first of which does not."""

    size: int
    peaks: list[bytes]
    after: int
    """Number of the last entry that is as it was signed; 0 if none."""
    leaves: list[tuple[int, bytes]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def add(self, n: int, leaf: bytes) -> None:
        """Take in the next entry while there is room."""
        if len(self.leaves) <= 2 * PLACES:
            self.leaves.append((n, leaf))

    @property
    def first_bad(self) -> int:
        """Return how many of the leaves the first bad head covers."""
        return self.marks[0].size - self.size

    def is_full(self) -> bool:
        """Tell whether more entries would tell no more.

        A saved checkpoint alone says nothing yet: if the next stored one holds, it is of another history.
        """
        stored = any(not mark.source for mark in self.marks)
        return stored and (len(self.leaves) > 2 * PLACES or len(self.leaves) - self.first_bad > PLACES)

    def explain(self) -> tuple[Kind, list[int]] | None:
        """Return what was done and to which entries, if a guess makes all roots come out."""
        if self.first_bad > PLACES:
            return None
        numbers = [n for n, _ in self.leaves]
        for kind, moved, order in chain(self._two_swapped(), self._without_one()):
            if self._comes_out(order):
                return kind, [numbers[index] for index in moved]
        return None

    def _without_one(self) -> Iterator[tuple[Kind, tuple[int, ...], Sequence[int]]]:
        every = list(range(len(self.leaves)))
        for index in range(self.first_bad):
            yield Kind.INSERTED, (index,), every[:index] + every[index + 1 :]

    def _two_swapped(self) -> Iterator[tuple[Kind, tuple[int, ...], Sequence[int]]]:
        for one in range(self.first_bad):
            for other in range(one + 1, len(self.leaves)):
                order = list(range(len(self.leaves)))
                order[one], order[other] = other, one
                yield Kind.REORDERED, (one, other), order

    def _comes_out(self, order: Sequence[int]) -> bool:
        tree, tried = Range(self.size, self.peaks), 0
        roots = {mark.size: mark.root for mark in self.marks}
        for index in order:
            tree.append(self.leaves[index][1])
            if tree.size in roots:
                if tree.root() != roots[tree.size]:
                    return False
                tried += 1
        return tried > 0
