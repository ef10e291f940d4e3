"""Withholding figures: the small ones, and as few others as it takes that no small one is worked out or pinned down.

What is asked of the result can be checked on what was published alone (`weakness`): no told figure is small, none that
is withheld can be narrowed to an interval of less than `least` (the "sliding protection" of Fischetti &
Salazar-González 2001), and nothing small follows from figures that hold or overlap each other. Which others to withhold
is found for one figure at a time by the integer programme of a table that agrees with the fewest changes of told
figures and in which the withheld one is `least` higher (after Kelly, Golden & Assad 1992, Networks 22:4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, eye_array, hstack

from disclosure.atoms import Indices, TooMany, atoms_of, matrix
from disclosure.attack import INFEASIBLE, Attack, Floats, Inconsistent
from disclosure.figures import LEAST, Figure, Scope
from disclosure.weakness import find

_SECONDS = 20.0


def suppressed(figures: Sequence[Figure], least: int = LEAST, *, published: Sequence[Figure] = ()) -> list[Figure]:
    """Return the figures, in order, with None for those that must be withheld; all must be given with their counts.

    `published` is what was told and withheld before: told figures stay told, and what would give them or their like
    away is withheld here. Where that cannot be mended any more, `differencing.refusals` says so. Counts must be those
    of one state: raises `attack.Inconsistent` otherwise; `atoms.TooMany` if there are too many to be checked,
    `ValueError` for a figure without a count.
    """
    if any(figure.count is None for figure in figures):
        raise ValueError("Give every figure with its count.")
    counts = {one.scope: one for one in figures}
    earlier = {one.scope: one for one in published if one.count is not None or one.scope not in counts}
    if any(one.count is not None and counts.get(one.scope, one) != one for one in earlier.values()):
        raise Inconsistent("A figure was published with another count: it was counted of another state.")
    withholding = _Withholding(list((counts | earlier).values()), frozenset(earlier), least)
    withholding.run()
    shown = {one.scope: one for one in withholding.shown()}
    return [shown[one.scope] for one in figures]


class _Withholding:
    """Figures of which ever more are hidden, until no small one can be worked out; those that are `fixed` stay."""

    def __init__(self, figures: Sequence[Figure], fixed: frozenset[Scope], least: int) -> None:
        self._figures, self._least = figures, least
        self._counts = np.array([-1 if one.count is None else one.count for one in figures], dtype=np.float64)
        self._fixed = {at for at, one in enumerate(figures) if one.scope in fixed}
        self._rows = atoms_of(figures)
        self._atoms = max((int(row[-1]) + 1 for row in self._rows), default=0)
        self._sums = matrix(self._rows, self._atoms)
        self._points: list[Floats] = []
        self._beyond_help: set[bytes] = set()
        small = {at for at, count in enumerate(self._counts) if count < least}
        self.hidden = {at for at in small if at not in self._fixed or figures[at].count is None}

    def run(self) -> None:
        """Hide what must be; each round hides something, gives something up, or is the last."""
        while weak := self._weak():
            for row in weak:
                if not self._is_loose(row):
                    self._loosen(row)

    def shown(self) -> list[Figure]:
        """Return the figures as they would be published."""
        return [replace(one, count=None) if at in self.hidden else one for at, one in enumerate(self._figures)]

    def _weak(self) -> list[Indices]:
        """Return the sums that must not be known as well as they are, those that weigh most first."""
        attack = Attack(self.shown())
        for point in self._points:
            attack.remember(point)
        rows = (row for _, row in find(attack, self._least) if row.tobytes() not in self._beyond_help)
        return sorted(rows, key=lambda row: -float(self._truth()[row].sum()))

    def _is_loose(self, row: Indices) -> bool:
        """Tell whether tables that were found for others happen to spread this sum far enough."""
        sums = [float(point[row].sum()) for point in self._points]
        return bool(sums) and max(sums) - min(sums) >= self._least

    def _loosen(self, row: Indices) -> None:
        """Hide what changes in the table that is nearest to the true one, but for a sum that is `least` higher."""
        point = self._nearest(row)
        if point is None:
            self._beyond_help.add(row.tobytes())
            return
        changed = np.abs(self._sums @ point - self._counts) > 0.5
        self.hidden.update(at for at in self._told() if changed[at])
        self._points.append(point)

    def _told(self) -> list[int]:
        """Return the figures that are told and may still be hidden."""
        return [at for at in range(len(self._figures)) if at not in self.hidden and at not in self._fixed]

    def _truth(self) -> Floats:
        """Return a table of atoms that has the true figures, as far as they were given."""
        if not self._points:
            given = [at for at, one in enumerate(self._figures) if one.count is not None]
            point = _solved(np.zeros(self._atoms), self._equal(given, 0), self._atoms)
            if point is None:
                raise Inconsistent("These figures contradict each other: they were not counted at the same time.")
            self._points.append(point)
        return self._points[0]

    def _nearest(self, row: Indices) -> Floats | None:
        """Return the table that costs least in counts of told figures that change, None if fixed ones allow none."""
        told = self._told()
        sums, counts, unchanged = self._sums[told], self._counts[told], eye_array(len(told))
        higher = np.zeros(self._atoms + len(told))
        higher[row] = 1
        rules = [LinearConstraint(higher, self._truth()[row].sum() + self._least, np.inf)]
        if told:
            rules.append(LinearConstraint(block_array([[sums, -unchanged]]), -np.inf, counts))
            rules.append(LinearConstraint(block_array([[sums, unchanged]]), counts, np.inf))
        rules += self._equal(sorted(self._fixed - self.hidden), len(told))
        return _solved(np.concatenate([np.zeros(self._atoms), 1 + np.log1p(counts)]), rules, self._atoms)

    def _equal(self, figures: list[int], more: int) -> list[LinearConstraint]:
        """Return the rule that these figures count what they do, for atoms and so many variables more."""
        if not figures:
            return []
        sums = hstack([self._sums[figures], csr_array((len(figures), more))]) if more else self._sums[figures]
        return [LinearConstraint(sums, self._counts[figures], self._counts[figures])]


def _solved(costs: Floats, rules: Sequence[LinearConstraint], whole: int) -> Floats | None:
    """Return the first `whole` variables, which are whole numbers, of a solution that is best or nearly so, if any."""
    kinds = np.zeros(len(costs))
    kinds[:whole] = 1
    options = {"time_limit": _SECONDS, "mip_rel_gap": 0.05}
    found = milp(costs, constraints=rules, bounds=Bounds(0, np.inf), integrality=kinds, options=options)
    if found.status == INFEASIBLE:
        return None
    if found.x is None:
        raise TooMany("These figures could not be protected in time: publish less, or by fewer dimensions.")
    return np.asarray(np.round(found.x[:whole]), dtype=np.float64)
