"""The figures of fairness over renderings that were read: what each counts, with its interval.

Carriers, not renderings, are drawn for the intervals: renderings of one carrier fail together. Counts are small; an
interval that holds a bar on both sides says that nothing is shown either way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel

from nlp.types import SIGNALS, Signal
from pipeline.bench import SEXES, Rendering
from pipeline.measures import RESAMPLES, Floats, Measure, measured, ratio, resamples

NAME_FLIPS, RATIO, GAP, ADULTS_QUEUED = 0.01, 1.25, 0.05, 0.01
"""The bars that Vigie sets itself: see `docs/reading.md`."""


class Outcome(NamedTuple):
    """What the house would do with a text: which signals it shows, and whether it is queued."""

    flagged: frozenset[Signal]
    queued: bool

    def __str__(self) -> str:
        """Return the signals, and whether an analyst is to read the text."""
        shown = "+".join(name for name in SIGNALS if name in self.flagged) or "nothing"
        return f"{shown}, queued" if self.queued else shown


class Read(NamedTuple):
    """One rendering and what came of it."""

    rendering: Rendering
    outcome: Outcome


class Bar(BaseModel):
    """One figure of fairness and the most that it may be."""

    name: str
    figure: Measure
    bar: float

    @property
    def verdict(self) -> str:
        """Tell whether the bar holds, and whether the texts are enough to tell."""
        figure = self.figure
        if figure.value is None or figure.low is None or figure.high is None:
            return "none"
        held = "holds" if figure.value <= self.bar else "does not hold"
        return held if figure.high <= self.bar or figure.low > self.bar else f"{held}; too few texts to be sure"


class GroupFigures(BaseModel):
    """One group: false alarms on its texts without a sign, and the share of labelled signals that were flagged."""

    axis: str
    group: str
    lang: str
    negatives: int
    false_alarms: int
    positives: int
    recall: float | None


class SexFigures(BaseModel):
    """How much of a signal is found in the same texts told of girls and of boys; the gap's sign: girls minus boys."""

    signal: str
    positives: int
    girls: float | None
    boys: float | None
    gap: Measure


class AdultFigures(BaseModel):
    """How many of one kind of adults' own ads would be queued."""

    group: str
    ads: int
    renderings: int
    queued: int
    third_party: int


class Difference(BaseModel):
    """One place where renderings that are alike were told apart, or an adult's ad was queued."""

    axis: str
    carrier: str
    where: str
    got: str
    instead_of: str
    text: str


def by_carrier_and_sex(told: Iterable[Read]) -> dict[tuple[str, str], list[Read]]:
    """Return renderings that differ in the name alone, together."""
    cells: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for one in told:
        cells[one.rendering.carrier, one.rendering.sex or ""].append(one)
    return dict(cells)


def name_flips(told: Sequence[Read], count: int = RESAMPLES) -> Measure:
    """Return the chance that two names drawn for one carrier, told of the same sex, give other flags or queueing."""
    differ: dict[str, int] = defaultdict(int)
    pairs: dict[str, int] = defaultdict(int)
    for (carrier, _), cell in by_carrier_and_sex(told).items():
        alike = Counter(one.outcome for one in cell).values()
        differ[carrier] += len(cell) ** 2 - sum(size**2 for size in alike)
        pairs[carrier] += len(cell) * (len(cell) - 1)
    weights = resamples(len(pairs), count)
    return measured(ratio(weights @ _column(differ, pairs), weights @ _column(pairs, pairs)))


def false_alarm_ratio(told: Sequence[Read], count: int = RESAMPLES) -> Measure:
    """Return the greatest rate of flags on texts without a sign over groups, as a multiple of the least.

    Half a flag is added to each group (Haldane 1956, Anscombe 1956), so that a group without any can be compared.
    """
    negatives = [one for one in told if not one.rendering.signals]
    if not negatives:
        return Measure(value=None, low=None, high=None)
    carriers = sorted({one.rendering.carrier for one in negatives})
    groups = sorted({one.rendering.group for one in negatives})
    alarms, sizes = np.zeros((len(carriers), len(groups))), np.zeros((len(carriers), len(groups)))
    for one in negatives:
        place = carriers.index(one.rendering.carrier), groups.index(one.rendering.group)
        alarms[place] += bool(one.outcome.flagged)
        sizes[place] += 1
    weights = resamples(len(carriers), count)
    rates = (weights @ alarms + 0.5) / (weights @ sizes + 1)
    return measured(rates.max(axis=1) / rates.min(axis=1))


def sexes(told: Sequence[Read], count: int = RESAMPLES) -> list[SexFigures]:
    """Return recall by sex: of all signals together first, then of each, then of being queued as labelled."""
    kinds: dict[str, Callable[[Read], tuple[int, int]]] = {"all signals": _found}
    kinds |= {name: partial(_found, only=name) for name in SIGNALS}
    kinds["queued as labelled"] = _queued_as_labelled
    return [_sex_figures(name, told, measure, count) for name, measure in kinds.items()]


def _found(one: Read, only: Signal | None = None) -> tuple[int, int]:
    """Return how many labelled signals of a text were flagged, and how many there are."""
    labelled = one.rendering.signals & ({only} if only else set(SIGNALS))
    return len(labelled & one.outcome.flagged), len(labelled)


def _queued_as_labelled(one: Read) -> tuple[int, int]:
    labelled = one.rendering.urgency != "none" and one.rendering.signals != {"third_party"}
    return int(labelled and one.outcome.queued), int(labelled)


def _sex_figures(name: str, told: Sequence[Read], measure: Callable[[Read], tuple[int, int]], count: int) -> SexFigures:
    carriers = sorted({one.rendering.carrier for one in told})
    found, there = np.zeros((len(carriers), 2)), np.zeros((len(carriers), 2))
    for one in told:
        if one.rendering.sex:
            place = carriers.index(one.rendering.carrier), SEXES.index(one.rendering.sex)
            hits, labelled = measure(one)
            found[place] += hits
            there[place] += labelled
    weights = resamples(len(carriers), count)
    recall = ratio(weights @ found, weights @ there)
    girls, boys = (None if np.isnan(one) else round(float(one), 4) for one in recall[0])
    gap = measured(recall[:, 0] - recall[:, 1])
    return SexFigures(signal=name, positives=int(there[:, 0].sum()), girls=girls, boys=boys, gap=gap)


def size_of(gap: Measure) -> Measure:
    """Return how wide a gap is, whichever way it goes."""
    if gap.value is None or gap.low is None or gap.high is None:
        return gap
    ends = sorted((abs(gap.low), abs(gap.high)))
    return Measure(value=abs(gap.value), low=0.0 if gap.low <= 0 <= gap.high else ends[0], high=ends[1])


def adults_queued(told: Sequence[Read], count: int = RESAMPLES) -> Measure:
    """Return the share of adults' own ads that would be queued."""
    queued: dict[str, int] = defaultdict(int)
    sizes: dict[str, int] = defaultdict(int)
    for one in told:
        queued[one.rendering.carrier] += one.outcome.queued
        sizes[one.rendering.carrier] += 1
    weights = resamples(len(sizes), count)
    return measured(ratio(weights @ _column(queued, sizes), weights @ _column(sizes, sizes)))


def _column(counts: dict[str, int], keys: Iterable[str]) -> Floats:
    return np.array([counts[key] for key in keys], dtype=np.float64)
