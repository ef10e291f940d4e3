"""How soon a flagged text is to be read: three small classifiers, each answering "at least this soon?", and floors.

The floors are rules of the grid: a criterion that is plainly there (not negated, not past, not fiction) and whose
`reading` is soon or immediate is not read later than that, unless the classifier of that step, which saw the whole
text, holds it unlikely (`FLOORED`): a pattern cannot tell a cellar from a cellar in a game. Missing an immediate
danger costs most, so its threshold is the lowest that the flags' own precision bears.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from nlp.features import Prepared
from nlp.grid import load_grid
from nlp.signals import LinearModel
from nlp.space import Point
from nlp.types import URGENCIES, Signal, Urgency

FLOORED: dict[Urgency, float] = {"soon": 0.2, "immediate": 0.05}
"""Steps that a criterion alone can ask for, and the probability under which the classifier overrules it."""
ALARM = 0.4
"""Probability of immediate danger from which the likeliest signal is flagged: a miss costs more than a false alarm."""
_PLAIN = 0.99
"""Weight of a criterion whose pattern is strong and whose context took nothing away."""
_NEEDS_MINOR = frozenset({"V05"})
"""Criteria whose reading is as stated for a minor, and one step later for others."""


@dataclass(frozen=True)
class UrgencyModel:
    """One classifier a step above "none", and the probability from which each answers yes."""

    steps: dict[Urgency, LinearModel]
    thresholds: dict[Urgency, float]


def urgency_of(model: UrgencyModel, ready: Prepared, flagged: Collection[Signal], point: Point) -> Urgency:
    """Return the urgency of a text with these flags; "none" without any."""
    if not flagged:
        return "none"
    likely = {step: linear.probability(linear.decision(point)) for step, linear in model.steps.items()}
    learnt = [step for step, one in likely.items() if one >= model.thresholds[step]]
    floors = [step for step in asked_for(ready, flagged) if likely[step] >= FLOORED[step]]
    return max([*learnt, *floors, least(flagged)], key=URGENCIES.index)


def least(flagged: Collection[Signal]) -> Urgency:
    """Return the least urgency of any text with these flags: only a plain statement of an age under 18 has none."""
    return "routine" if set(flagged) - {"minor"} else "none"


def alarming(model: UrgencyModel, point: Point) -> bool:
    """Tell whether a text is so likely immediate that it is flagged whatever its signals' thresholds say."""
    linear = model.steps["immediate"]
    return linear.probability(linear.decision(point)) >= ALARM


def asked_for(ready: Prepared, flagged: Collection[Signal]) -> set[Urgency]:
    """Return the steps asked for by criteria that are plainly there and whose signal is flagged.

    Who asks for "immediate" asks for "soon" as well.
    """
    grid = load_grid()
    asked: set[Urgency] = set()
    for finding in ready.findings:
        if finding.weight < _PLAIN or finding.criterion[0] == "N":
            continue
        criterion = grid.criterion(finding.criterion)
        if criterion.reading in FLOORED and not set(flagged).isdisjoint(criterion.signals):
            late = criterion.id in _NEEDS_MINOR and "minor" not in flagged
            asked |= {"soon"} if late else {"soon", criterion.reading}
    return asked
