"""The attacker who adds and subtracts: what can be worked out about figures that were withheld.

Whoever reads a table knows its sums, and that nothing counts less than nothing. The exact interval in which a withheld
figure must then lie is found by integer programming (HiGHS, by way of scipy), which on tables of two dimensions is the
linear programme of the literature: Willenborg & de Waal 2001, "Elements of Statistical Disclosure Control", ch. 7-8;
Fischetti & Salazar-González 2001, Management Science 47:7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from disclosure.atoms import Indices, TooMany, atoms_of, matrix
from disclosure.figures import Figure

Floats = npt.NDArray[np.float64]
_SECONDS = 20.0
_TRIES = 6
"""Guesses that widen most intervals at once, before those that are left are looked at one by one."""
INFEASIBLE = 2
"""The solver's word for a problem without a solution."""


class Inconsistent(ValueError):
    """The figures contradict each other: they were counted of different states."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The lowest and the highest value that something can have, given all that was told; `high` may be infinite."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Return how far the ends lie apart."""
        return self.high - self.low


class Attack:
    """All that follows from figures as they were published.

    `base`: told figures were rounded to a multiple of it, up or down. Raises `Inconsistent`, and what `atoms_of` does.
    """

    def __init__(self, figures: Sequence[Figure], *, base: int = 1) -> None:
        self.figures = figures
        self.rows = atoms_of(figures)
        self.atoms = max((int(row[-1]) + 1 for row in self.rows), default=0)
        told = [at for at, figure in enumerate(figures) if figure.count is not None]
        counts = np.array([figures[at].count for at in told], dtype=np.float64)
        self.beyond = float(counts.sum()) + 1000 * base
        """More than what was told holds any sum to; what reaches it has no upper end."""
        sums = matrix([self.rows[at] for at in told], self.atoms)
        self._constraints = [LinearConstraint(sums, counts - (base - 1), counts + (base - 1))] if told else []
        self._points: list[Floats] = []
        if self.atoms and self._extreme(np.zeros(self.atoms)) is None:
            raise Inconsistent("These figures contradict each other: they were not counted at the same time.")

    def interval(self, row: Indices) -> Interval:
        """Return the exact interval of a sum of atoms."""
        aim = np.zeros(self.atoms)
        aim[row] = 1
        low, high = self._reached(aim), self._reached(-aim)
        return Interval(low, inf if high >= self.beyond else high)

    def narrow(self, rows: Sequence[Indices], width: float) -> list[int]:
        """Return which of the sums lie in an interval of less than `width`; most others cost next to nothing."""
        spans = self._spread(rows, width)
        return [at for at, row in enumerate(rows) if spans.width(at) < width and self.interval(row).width < width]

    def bounded(self, rows: Sequence[Indices], most: float) -> list[int]:
        """Return which of the sums are certainly under `most`."""
        spans = self._spread(rows, most)
        return [at for at, row in enumerate(rows) if spans.high(at) < most and self.interval(row).high < most]

    def remember(self, point: Floats) -> None:
        """Note a table that agrees with all that was told, so that what it shows possible is not asked for again."""
        self._points.append(point)

    def _spread(self, rows: Sequence[Indices], width: float) -> _Spans:
        """Look for tables that lie far apart in many sums at once."""
        spans = _Spans(rows, self.atoms, self._points)
        chance = np.random.default_rng(len(rows))
        for _ in range(_TRIES):
            aim = spans.aim([chance.choice((-1.0, 1.0)) if spans.width(at) < width else 0.0 for at in range(len(rows))])
            if aim.any():
                self._extreme(aim)
        return spans

    def _reached(self, aim: Floats) -> float:
        bound = self._extreme(aim)
        return abs(bound) if bound is not None else 0.0

    def _extreme(self, aim: Floats) -> float | None:
        """Return the least that an aim can be over all tables that agree, None if no table does.

        Where the time ends first it is the least that was shown to be possible, so that nothing passes for protected
        that is not; if nothing was, it is an error.
        """
        found = milp(
            aim,
            constraints=self._constraints,
            bounds=Bounds(0, self.beyond),
            integrality=np.ones(self.atoms),
            options={"time_limit": _SECONDS},
        )
        if found.status == INFEASIBLE:
            return None
        if found.x is None:
            raise TooMany("These figures could not be checked in time: publish less, or by fewer dimensions.")
        self.remember(np.round(found.x))
        return float(np.round(aim @ self._points[-1]))


class _Spans:
    """How far sums of atoms spread over the tables at hand: inside their intervals, at least."""

    def __init__(self, rows: Sequence[Indices], atoms: int, points: list[Floats]) -> None:
        self._sums, self._points, self._taken = matrix(rows, atoms), points, 0
        self._low, self._high = np.full(len(rows), inf), np.full(len(rows), -inf)

    def width(self, at: int) -> float:
        """Return how far a sum spreads; -inf while there is no table."""
        self._take()
        return float(self._high[at] - self._low[at])

    def high(self, at: int) -> float:
        """Return the highest value of a sum."""
        self._take()
        return float(self._high[at])

    def aim(self, weights: Sequence[float]) -> Floats:
        """Return the weight of each atom, given that of each sum."""
        return np.asarray(self._sums.T @ np.array(weights), dtype=np.float64)

    def _take(self) -> None:
        for point in self._points[self._taken :]:
            sums = self._sums @ point
            self._low, self._high = np.minimum(self._low, sums), np.maximum(self._high, sums)
        self._taken = len(self._points)
