"""Measures with bootstrap intervals: precision, recall, F1, AUROC, calibration error, and agreement of two labellings.

Each measure is a function of a matrix of weights, one row a resample and one column a text, so that a thousand
resamples are one matrix product. The first row is the sample itself, all weights 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Integers = npt.NDArray[np.int64]

RESAMPLES = 1000
_MOST_WEIGHTS = 20_000_000
"""Weights held at once, 160 MB: fewer resamples are drawn of a very large sample."""
_LEAST_RESAMPLES = 50
BINS = 10
"""Bins of equal width in which calibration is compared (expected calibration error, Naeini 2015)."""


class Measure(BaseModel):
    """One figure and its 95 % bootstrap interval; None where the sample holds nothing to measure."""

    value: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        return "none" if self.value is None else f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def resamples(size: int, count: int = RESAMPLES, seed: int = 0) -> Floats:
    """Return weights of shape (count + 1, size): the sample itself, then how often each text was drawn.

    A sample so large that `count` resamples would not fit in memory gets fewer; an empty one has nothing to draw.
    """
    if not size:
        return np.ones((1, 0))
    count = min(count, max(_LEAST_RESAMPLES, _MOST_WEIGHTS // size))
    drawn = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=count)
    return np.vstack([np.ones((1, size)), drawn]).astype(np.float64)


def measured(values: Floats) -> Measure:
    """Return the first value with the interval of the others, leaving out resamples that measured nothing."""
    if not len(values) or np.isnan(values[0]):
        return Measure(value=None, low=None, high=None)
    rest = values[1:][~np.isnan(values[1:])]
    low, high = np.percentile(rest, [2.5, 97.5]) if len(rest) else (values[0], values[0])
    return Measure(value=round(float(values[0]), 4), low=round(float(low), 4), high=round(float(high), 4))


def ratio(over: Any, under: Any) -> Floats:
    """Return a division that is NaN where there is nothing to divide by."""
    none = np.full(np.shape(over), np.nan)
    return np.asarray(np.divide(over, under, out=none, where=np.asarray(under) > 0), dtype=np.float64)


def share(weights: Floats, yes: Flags, among: Flags) -> Floats:
    """Return the share of `among` that is `yes`, one a resample."""
    return ratio(weights @ (yes & among), weights @ among)


def precision(weights: Floats, truth: Flags, said: Flags) -> Floats:
    """Return the share of what was said that is true."""
    return share(weights, truth, said)


def recall(weights: Floats, truth: Flags, said: Flags) -> Floats:
    """Return the share of what is true that was said."""
    return share(weights, said, truth)


def f1(weights: Floats, truth: Flags, said: Flags) -> Floats:
    """Return the harmonic mean of precision and recall; NaN where nothing is true."""
    true = weights @ truth.astype(float)
    hits = 2 * (weights @ (truth & said))
    return np.where(true > 0, ratio(hits, true + weights @ said.astype(float)), np.nan)


def mean_of(measures: Sequence[Floats]) -> Floats:
    """Return the mean of those measures that measured something, one a resample."""
    all_ = np.array(measures)
    return ratio(np.nansum(all_, axis=0), (~np.isnan(all_)).sum(axis=0))


def auroc(weights: Floats, truth: Flags, scores: Floats) -> Floats:
    """Return the chance that a positive scores above a negative, ties half."""
    if not len(scores):
        return np.full(len(weights), np.nan)
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], np.diff(scores[order]) > 0)))
    sorted_weights = weights[:, order]
    positive = np.add.reduceat(sorted_weights * truth[order], starts, axis=1)
    negative = np.add.reduceat(sorted_weights * ~truth[order], starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    return ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))


def calibration_error(weights: Floats, truth: Flags, scores: Floats) -> Floats:
    """Return the mean gap between score and share of positives over bins of equal width, each by its weight."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    members = np.eye(BINS)[bins]
    gap = np.abs(weights @ (members * (truth - scores)[:, None])).sum(axis=1)
    return ratio(gap, weights.sum(axis=1))


def kappa(weights: Floats, one: Integers, other: Integers, apart: Floats) -> Floats:
    """Return how far two labellings agree beyond chance: 1 wholly, 0 as by chance, NaN where both always say one thing.

    `apart` holds how much each pair of labels disagrees: 0 and 1 give Cohen's kappa (1960), squared distances the
    weighted kappa of ordered labels (Cohen 1968).
    """
    size = weights.sum(axis=1)
    met = weights @ apart[one, other] / size
    shares = [weights @ np.eye(len(apart))[labels] / size[:, None] for labels in (one, other)]
    by_chance = np.einsum("ri,ij,rj->r", shares[0], apart, shares[1])
    return 1 - ratio(met, by_chance)
