"""Figures: counts of what lies in a box of a space of dimensions (month, region, signal …), told or withheld.

A figure names its values in every dimension, a total too: what "all regions" means is part of what was published.
Labels that a post may carry together are no values of one dimension; give each a dimension of its own ("minor": yes,
no). Counts of a period that still grows have one more dimension, the days on which their posts were taken in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

Scope = tuple[tuple[str, frozenset[str]], ...]
"""The values that a figure counts, by dimension, in alphabetical order of dimensions."""
LEAST = 10
"""The smallest figure that is told."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How many there are in a scope; None: withheld."""

    scope: Scope
    count: int | None


def scope_of(values: Mapping[str, Collection[str]]) -> Scope:
    """Return a scope; `ValueError` if a dimension has no value."""
    if not all(values.values()):
        raise ValueError("A figure names at least one value in each dimension.")
    return tuple(sorted((dimension, frozenset(own)) for dimension, own in values.items()))


def alone_and_all(values: Iterable[str]) -> list[frozenset[str]]:
    """Return each value alone, and all of them: what a table with a total tells in one dimension."""
    known = sorted(set(values))
    alone = [frozenset((value,)) for value in known]
    return [*alone, frozenset(known)] if len(known) > 1 else alone


def crossed(counts: Mapping[tuple[str, ...], int], sets: Mapping[str, Collection[frozenset[str]]]) -> list[Figure]:
    """Return the figures of a table: one for each way to take one set of values in each dimension.

    `counts` holds the cells by their values, in the order of the dimensions of `sets`; a cell that is not there counts
    none. Give `alone_and_all` for a plain table; add sets for subtotals (quarters, groups of regions). Raises
    `ValueError` for a cell with a value in no set, or with a count below zero.
    """
    names = list(sets)
    totals: Counter[Scope] = Counter()
    for values, count in counts.items():
        if count < 0:
            raise ValueError("A count is below zero.")
        holding = [[own for own in sets[name] if value in own] for name, value in zip(names, values, strict=True)]
        if not all(holding):
            raise ValueError("A cell has a value that is in none of the sets.")
        for combination in product(*holding):
            totals[scope_of(dict(zip(names, combination, strict=True)))] += count
    every = product(*sets.values())
    scopes = dict.fromkeys(scope_of(dict(zip(names, combination, strict=True))) for combination in every)
    return [Figure(scope, totals[scope]) for scope in scopes]
