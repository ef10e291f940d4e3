"""One bilingual linear classifier a signal: its calibrated score, its flag, and the words that carried it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nlp.criteria.words import BOUNDARY
from nlp.features import Prepared
from nlp.grid import load_grid
from nlp.space import Floats, Point, Space
from nlp.types import SIGNALS, Evidence, Signal, SignalResult

MOST_EVIDENCE = 4
"""Spans shown for one signal: what a person takes in at a glance."""
_WINDOW = 6
"""Words of the longest span that the model's words give."""
ALONE = {
    "D01": 0.1,
    "D02": 0.1,
    "D03": 0.1,
    "D04": 0.2,
    "D09": 0.2,
    "X02": 0.2,
    "C05": 0.35,
    "C08": 0.35,
    "D06": 0.35,
    "M05": 0.35,
}
"""Criteria that flag by themselves where they are plain and nothing speaks against them, and the probability under
which the classifier, which saw the whole text, overrules them: it is trained on jokes about dying and hesitates before
the bare words. The less a miss can be borne the lower: a wish to die, thoughts and farewells first. On writers left
out three (D03) to eight (C08) in ten of the texts flagged so are right; D01, D02, D04, D09 and X02 were too few."""
_PLAIN = 0.99
_SPEAKS_AGAINST = 0.75
"""More than the weight of a weak counter-indicator: an exam or a hockey night unsays nothing that is plainly said."""
_LEAST_SHOWN = 0.25
"""A criterion whose context leaves less of it than this is no evidence."""


@dataclass(frozen=True)
class LinearModel:
    """Decision ``weights · x + bias``, then the probability ``1 / (1 + exp(-(slope · decision + offset)))``."""

    weights: Floats
    bias: float
    slope: float
    offset: float

    def decision(self, point: Point) -> float:
        """Return the linear score of one text."""
        return float(self.weights[point.places] @ point.values) + self.bias

    def probability(self, decision: float) -> float:
        """Return the calibrated probability of a linear score."""
        return float(1 / (1 + np.exp(-(self.slope * decision + self.offset))))


@dataclass(frozen=True)
class SignalModel:
    """The classifier of one signal and the probability from which it flags."""

    signal: Signal
    linear: LinearModel
    threshold: float


def judge(model: SignalModel, space: Space, ready: Prepared, point: Point) -> SignalResult:
    """Return the result of one signal for one text; a flag always has evidence."""
    if model.signal == "third_party" and ready.kind != "ad":
        return SignalResult(0.0, False)
    score = model.linear.probability(model.linear.decision(point))
    if score < model.threshold and stands_alone(model.signal, ready, score):
        score = model.threshold
    if score < model.threshold:
        return SignalResult(score, False)
    return flagged(model, space, ready, point, score)


def stands_alone(signal: Signal, ready: Prepared, score: float) -> bool:
    """Tell whether a text plainly says what must never be passed over, with nothing in it that speaks against."""
    if any(one.criterion[0] == "N" and one.weight >= _SPEAKS_AGAINST for one in ready.findings):
        return False
    own = {one.id for one in load_grid().raising(signal) if ALONE.get(one.id, 1.0) <= score}
    return any(one.criterion in own and one.weight >= _PLAIN and not one.context for one in ready.findings)


def flagged(model: SignalModel, space: Space, ready: Prepared, point: Point, score: float) -> SignalResult:
    """Return a flagged result with its evidence; without a word to show there is no flag."""
    found = evidence(model, space, ready, point)
    return SignalResult(score, bool(found), found)


def evidence(model: SignalModel, space: Space, ready: Prepared, point: Point) -> tuple[Evidence, ...]:
    """Return the spans behind a flag, the heaviest first: criteria of the signal, then words that carried the score."""
    return _apart((*_criterion_spans(model.signal, ready), *_word_spans(model, space, ready, point)))


def _criterion_spans(signal: Signal, ready: Prepared) -> list[Evidence]:
    raising = {one.id for one in load_grid().raising(signal)}
    spans = [
        Evidence(one.start, one.end, ready.text[one.start : one.end], one.criterion, round(one.weight, 3))
        for one in ready.findings
        if one.criterion in raising and one.weight >= _LEAST_SHOWN
    ]
    return sorted(spans, key=lambda span: (-span.weight, span.start - span.end, span.start))


def _word_spans(model: SignalModel, space: Space, ready: Prepared, point: Point) -> list[Evidence]:
    """Return the best run of words of the heaviest sentences by what they added to the linear score."""
    carried = space.carried(model.linear.weights, point, len(ready.words))
    spans = []
    for start, end in _runs([word.text for word in ready.words]):
        low, high, total = _heaviest(carried[start:end])
        if total > 0:
            first, last = ready.words[start + low].start, ready.words[start + high - 1].end
            spans.append(Evidence(first, last, ready.text[first:last], None, round(total, 3)))
    return sorted(spans, key=lambda span: (-span.weight, span.start))[:2]


def _runs(words: Sequence[str]) -> list[tuple[int, int]]:
    """Return the half-open ranges between boundaries."""
    cuts = [-1, *(at for at, word in enumerate(words) if word == BOUNDARY), len(words)]
    return [(low + 1, high) for low, high in pairwise(cuts) if high > low + 1]


def _heaviest(carried: Floats) -> tuple[int, int, float]:
    """Return the run of at most `_WINDOW` words with the greatest sum."""
    sums = np.concatenate(([0.0], np.cumsum(carried)))
    best = (0, 1, float(carried[0]))
    for size in range(1, min(_WINDOW, len(carried)) + 1):
        totals = sums[size:] - sums[:-size]
        at = int(np.argmax(totals))
        if totals[at] > best[2]:
            best = (at, at + size, float(totals[at]))
    return best


def _apart(spans: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Keep the first of spans that overlap, `MOST_EVIDENCE` at most."""
    kept: list[Evidence] = []
    for span in spans:
        if len(kept) < MOST_EVIDENCE and all(span.end <= one.start or one.end <= span.start for one in kept):
            kept.append(span)
    return tuple(kept)


def empty_results() -> dict[Signal, SignalResult]:
    """Return the results of a text in which there is nothing to read."""
    return {signal: SignalResult(0.0, False) for signal in SIGNALS}
