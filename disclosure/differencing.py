"""Differencing: what follows from a new view beside those that were published before, though each is safe by itself.

The published figures are the caller's to remember; all of them are looked at together as one table that overlaps
itself. The problem: Willenborg & de Waal 2001, section 1.3.4; Dinur & Nissim 2003 for how far it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from disclosure.attack import Attack, Inconsistent
from disclosure.figures import LEAST, Figure, Scope
from disclosure.weakness import Found, find


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a view may not be published beside the earlier ones.

    Kinds as in `weakness.Weakness`, if the new view makes it so; and `changed`: the same scope was told with another
    count, so that what came or went could be counted; `inconsistent`: no table agrees with all of the figures.
    """

    kind: Literal["small", "narrow", "implied", "overlap", "changed", "inconsistent"]
    scope: Scope | None
    beside: Scope | None = None


def refusals(new: Sequence[Figure], published: Sequence[Figure], least: int = LEAST, *, base: int = 1) -> list[Refusal]:
    """Return why a view may not be published, nothing if it may.

    Give the figures as they were or would be told, before rounding: then what is refused does not hang on the luck of
    rounding. Otherwise `base` is what all of them were rounded to. What was weak before is not held against the new
    view. Figures count one state of one population: see `figures` for periods that still grow. Raises `ValueError` if
    figures differ in their dimensions, `atoms.TooMany`.
    """
    earlier = {one.scope: one for one in published if one.count is not None}
    changed = [one.scope for one in new if one.count is not None and _was(earlier, one.scope) not in (None, one.count)]
    if changed:
        return [Refusal("changed", scope, scope) for scope in changed]
    together = _together(published, new)
    try:
        after = Attack(together, base=base)
    except Inconsistent:
        return [Refusal("inconsistent", None)]
    before = Attack([_as_before(one, earlier) for one in together], base=base)
    known = {_name(found) for found in find(before, least)}
    fresh = (weakness for weakness, row in find(after, least) if _name((weakness, row)) not in known)
    return list(dict.fromkeys(Refusal(one.kind, one.scope, one.beside) for one in fresh))


def _was(earlier: dict[Scope, Figure], scope: Scope) -> int | None:
    figure = earlier.get(scope)
    return figure.count if figure else None


def _together(*views: Sequence[Figure]) -> list[Figure]:
    """Return each scope once; what was told anywhere is told."""
    found: dict[Scope, Figure] = {}
    for figure in (figure for view in views for figure in view):
        if figure.count is not None or figure.scope not in found:
            found[figure.scope] = figure
    return list(found.values())


def _as_before(figure: Figure, earlier: dict[Scope, Figure]) -> Figure:
    """Return a figure with the count that it had before the new view: none, if only that tells it."""
    return figure if figure.scope in earlier else replace(figure, count=None)


def _name(found: Found) -> tuple[str, bytes]:
    weakness, row = found
    return ("part" if weakness.kind in ("implied", "overlap") else weakness.kind), row.tobytes()
