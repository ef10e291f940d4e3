"""How much more often a term is met in one group of texts than in another.

Log-odds ratio with an informative Dirichlet prior, divided by its standard deviation: B. L. Monroe, M. P. Colaresi and
K. M. Quinn, "Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the Content of Political
Conflict", *Political Analysis* 16(4), 2008, section 3.5.1, equations 15 to 19 and 22. The two outcomes are here "holds
the term" and "does not", so that the prior is a beta distribution.
"""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

PRIOR = 0.1
"""The prior weighs a tenth of the two groups together: what both share pulls every term towards no difference."""


class Share(NamedTuple):
    """How many of a group's voices hold a term."""

    holding: int
    all: int


def rise(here: Share, there: Share) -> float:
    """Return the z-score of a term's log-odds here against there: positive where it is met more often here.

    0 where nothing can be said: a term that nobody or everybody uses, or a group without voices. Only counts with
    0 <= holding <= all make sense; swapping the groups changes the sign alone.
    """
    holding = here.holding + there.holding
    without = here.all + there.all - holding
    if not (holding and without and here.all and there.all):
        return 0.0
    one, two = _posterior(here, holding, without), _posterior(there, holding, without)
    variance = sum(1 / count for count in (*one, *two))
    return (log(one[0] / one[1]) - log(two[0] / two[1])) / sqrt(variance)


def _posterior(group: Share, holding: int, without: int) -> tuple[float, float]:
    """Return a group's counts of both outcomes with those of the prior."""
    return group.holding + PRIOR * holding, group.all - group.holding + PRIOR * without
