"""What is weak in figures as they are published: seen with the eyes of whoever has nothing but them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from disclosure.atoms import Indices
from disclosure.attack import Attack
from disclosure.figures import LEAST, Figure, Scope


@dataclass(frozen=True, slots=True)
class Weakness:
    """Why a figure may not stand as it was published.

    `small`: it is told and small. `narrow`: it is withheld, and the others leave it an interval of less than `least`.
    `implied`: what it counts beyond `beside`, which it holds, is certainly small. `overlap`: so is a part of it
    that follows from several others.
    """

    kind: Literal["small", "narrow", "implied", "overlap"]
    scope: Scope
    beside: Scope | None = None


Found = tuple[Weakness, Indices]
"""A weakness, and the atoms of which too much is known."""


def weaknesses(figures: Sequence[Figure], least: int = LEAST, *, base: int = 1) -> list[Weakness]:
    """Return what is wrong with figures as published, nothing if no small one can be worked out of them.

    It needs nothing but what was published, so that anybody can check it. `base`: told figures were rounded to a
    multiple of it. Raises as `attack.Attack`.
    """
    return list(dict.fromkeys(weakness for weakness, _ in find(Attack(figures, base=base), least)))


def find(attack: Attack, least: int) -> list[Found]:
    """Return what is weak in the figures of an attack."""
    figures, rows = attack.figures, attack.rows
    found = [(Weakness("small", one.scope), rows[at]) for at, one in enumerate(figures) if _is_small(one, least)]
    withheld = [at for at, one in enumerate(figures) if one.count is None]
    narrow = attack.narrow([rows[at] for at in withheld], least)
    found += [(Weakness("narrow", figures[withheld[at]].scope), rows[withheld[at]]) for at in narrow]
    found += _implied(attack, least)
    return found + _overlaps(attack, least)


def _is_small(figure: Figure, least: int) -> bool:
    return figure.count is not None and figure.count < least


def _implied(attack: Attack, least: int) -> list[Found]:
    figures, rows = attack.figures, attack.rows
    pairs = list(_nested(figures, rows, least))
    gaps = [np.setdiff1d(rows[large], rows[small], assume_unique=True) for large, small in pairs]
    return [
        (Weakness("implied", figures[pairs[at][0]].scope, figures[pairs[at][1]].scope), gaps[at])
        for at in attack.bounded(gaps, least)
    ]


def _overlaps(attack: Attack, least: int) -> list[Found]:
    """Return the atoms, none of them a figure by itself, that are certainly small."""
    alone = {int(row[0]) for row in attack.rows if len(row) == 1}
    holder: dict[int, int] = {}
    for at in sorted(range(len(attack.rows)), key=lambda at: len(attack.rows[at])):
        for atom in attack.rows[at].tolist():
            holder.setdefault(atom, at)
    parts = [np.array([atom]) for atom in range(attack.atoms) if atom not in alone]
    return [
        (Weakness("overlap", attack.figures[holder[int(parts[at][0])]].scope), parts[at])
        for at in attack.bounded(parts, least)
    ]


def _nested(figures: Sequence[Figure], rows: Sequence[Indices], least: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs of told figures of which the first holds the second and counts less than `least` more."""
    told = sorted((one.count, at) for at, one in enumerate(figures) if one.count is not None)
    for place, (count, inner) in enumerate(told):
        for _, other in told[place + 1 : bisect_left(told, (count + least, -1))]:
            small, large = sorted((inner, other), key=lambda at: len(rows[at]))
            if len(rows[small]) < len(rows[large]) and np.isin(rows[small], rows[large], assume_unique=True).all():
                yield large, small
