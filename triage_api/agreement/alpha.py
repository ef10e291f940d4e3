"""Krippendorff's alpha with a bootstrap interval: how far readers agree beyond chance.

After K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011),
<https://repository.upenn.edu/asc_papers/43>; its worked examples are the tests. A unit may have any number of
readers; one that a single reader has read says nothing.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Level = Literal["nominal", "ordinal"]

RESAMPLES = 1000


class Alpha(NamedTuple):
    """Alpha, 1 for perfect agreement and 0 for chance, with its 95 % interval; None where nothing varies."""

    value: float | None
    low: float | None
    high: float | None


def alpha(counts: npt.ArrayLike, level: Level = "nominal", resamples: int = RESAMPLES) -> Alpha:
    """Return alpha of `counts`: one row a unit, one column a value, in order, holding how many readers gave it.

    The interval comes from drawing as many units anew, always the same draws; those in which nothing varies are left
    out.
    """
    units = np.asarray(counts, dtype=np.int64)
    units = units[units.sum(axis=-1) > 1]
    if not len(units):
        return Alpha(None, None, None)
    kinds, times = np.unique(units, axis=0, return_counts=True)
    drawn = np.random.default_rng(0).multinomial(times.sum(), times / times.sum(), size=resamples)
    values = _alphas(_coincidences(kinds), np.vstack([times, drawn]), level)
    if np.isnan(values[0]):
        return Alpha(None, None, None)
    rest = values[~np.isnan(values)]
    low, high = np.percentile(rest[1:] if len(rest) > 1 else rest, [2.5, 97.5])
    return Alpha(round(float(values[0]), 4), round(float(low), 4), round(float(high), 4))


def _coincidences(kinds: Integers) -> Floats:
    """Return each unit's part of the coincidence matrix: its pairs of values, each reader's weighing the same."""
    pairs = kinds[:, :, None] * kinds[:, None, :] - kinds[:, :, None] * np.eye(kinds.shape[1])
    return np.asarray(pairs / (kinds.sum(axis=1) - 1)[:, None, None], dtype=np.float64)


def _alphas(units: Floats, times: Integers, level: Level) -> Floats:
    """Return alpha of each sample, which holds each of the units so many times; NaN where nothing varies."""
    observed = np.tensordot(times.astype(np.float64), units, axes=1)
    totals = observed.sum(axis=2)
    apart = _distances(totals, level)
    by_chance = (totals[:, :, None] * totals[:, None, :] * apart).sum(axis=(1, 2))
    found = (totals.sum(axis=1) - 1) * (observed * apart).sum(axis=(1, 2))
    none = np.full(len(totals), np.nan)
    return np.asarray(1 - np.divide(found, by_chance, out=none, where=by_chance > 0), dtype=np.float64)


def _distances(totals: Floats, level: Level) -> Floats:
    """Return squared distances of values: 1 between any two, or by how many readings stand between two ranks."""
    if level == "nominal":
        return np.broadcast_to(1 - np.eye(totals.shape[1]), (*totals.shape, totals.shape[1]))
    middles = np.cumsum(totals, axis=1) - totals / 2
    return np.asarray((middles[:, :, None] - middles[:, None, :]) ** 2, dtype=np.float64)
