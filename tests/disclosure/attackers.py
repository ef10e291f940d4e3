"""An attacker of the tests' own: one unknown for every cell of the whole space, linear programmes, nothing shared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.optimize import linprog

from disclosure.figures import Figure, Scope


class Attacker:
    """Knows published figures, and the values that each dimension can have."""

    def __init__(self, figures: Sequence[Figure], spread: int = 0) -> None:
        values = [sorted({v for f in figures for v in f.scope[at][1]}) for at in range(len(figures[0].scope))]
        self._cells = list(product(*values))
        told = [f for f in figures if f.count is not None]
        sums = [self._row(f.scope) for f in told]
        counts = [float(f.count or 0) for f in told]
        self._rules = np.array([*sums, *(-row for row in sums)]).reshape(-1, len(self._cells))
        self._limits = np.array([*(c + spread for c in counts), *(-c + spread for c in counts)])

    def range_of(self, *scopes: Scope) -> tuple[float, float]:
        """Return what the first scope less the others can count."""
        aim = self._row(scopes[0]) - sum((self._row(scope) for scope in scopes[1:]), np.zeros(len(self._cells)))
        low, high = self._least(aim), self._least(-aim)
        return low, -high

    def _least(self, aim: np.ndarray) -> float:
        limit = {"A_ub": self._rules, "b_ub": self._limits} if len(self._rules) else {}
        found = linprog(aim, bounds=(0, 10_000), **limit)
        assert found.status == 0, found.message
        return float(found.fun)

    def _row(self, scope: Scope) -> np.ndarray:
        return np.array([float(all(v in own for v, (_, own) in zip(c, scope, strict=True))) for c in self._cells])
