"""Atoms: the parts into which figures cut their common space. Each figure is the sum of some of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from disclosure.figures import Figure, Scope

Indices = npt.NDArray[np.int64]
_MOST = 50_000


class TooMany(ValueError):
    """So much was published that its parts cannot be looked at one by one: publish less, or by fewer dimensions."""


def atoms_of(figures: Sequence[Figure]) -> list[Indices]:
    """Return for each figure the atoms that it sums, in order, numbered from 0 over all of the figures.

    Values that every figure takes or leaves together are one. Raises `ValueError` if figures differ in their
    dimensions, `TooMany` for more than 50,000 atoms.
    """
    dimensions = {tuple(name for name, _ in figure.scope) for figure in figures}
    if len(dimensions) > 1:
        raise ValueError("Figures that are looked at together have the same dimensions.")
    groups = [_groups([figure.scope[at][1] for figure in figures]) for at in range(len(next(iter(dimensions), ())))]
    numbers: dict[tuple[int, ...], int] = {}
    return [_numbered(figure.scope, groups, numbers) for figure in figures]


def matrix(rows: Sequence[Indices], atoms: int) -> csr_array:
    """Return the sums as a matrix of ones: a row for each figure, a column for each atom."""
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([*rows, np.zeros(0, dtype=np.int64)])
    return csr_array((np.ones(len(columns)), columns, starts), shape=(len(rows), atoms))


def _groups(sets: Sequence[frozenset[str]]) -> dict[frozenset[str], list[int]]:
    """Return for each set of values the groups of values, never told apart, that it is made of."""
    different = list(dict.fromkeys(sets))
    member: dict[str, list[int]] = {}
    for at, own in enumerate(different):
        for value in own:
            member.setdefault(value, []).append(at)
    found: dict[frozenset[str], list[int]] = {own: [] for own in different}
    for number, signature in enumerate(sorted({tuple(of) for of in member.values()})):
        for at in signature:
            found[different[at]].append(number)
    return found


def _numbered(
    scope: Scope, groups: Sequence[dict[frozenset[str], list[int]]], numbers: dict[tuple[int, ...], int]
) -> Indices:
    own = [groups[at][values] for at, (_, values) in enumerate(scope)]
    found = [numbers.setdefault(combination, len(numbers)) for combination in product(*own)]
    if len(numbers) > _MOST:
        raise TooMany("Too much was published to be looked at together: publish less, or by fewer dimensions.")
    return np.array(sorted(found), dtype=np.int64)
