"""Fit the reader's classifiers on labelled rows. The same rows give the same model, to the last digit, on one thread.

Every writer is held out in turn: the model fitted on the others scores what it never saw. Those scores calibrate the
probabilities and choose the thresholds, so both are honest about writers yet unseen. The model that is kept is then
fitted on all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlp.features import Floats, Prepared, Space, fit_space, prepare
from nlp.model_file import Fitted
from nlp.types import SIGNALS, URGENCIES, Kind, Signal, Urgency

VERSION = "2026.11.0"
LEAST = {"w": 2, "c": 4, "k": 4, "g": 1}
"""Texts in which a feature of each block must stand to be kept."""
SCALES = {"w": 1.0, "c": 1.0, "k": 0.7, "g": 0.2}
"""Length of each block; chosen by leaving one writer out."""
STRENGTH = 10.0
"""Inverse of the regularisation of the signals' classifiers."""
NEGATIVES_BORNE = 0.06
"""Share of negatives that may be flagged on writers left out; below the bar of 0.08, for those yet unseen."""
STEPS: tuple[Urgency, ...] = URGENCIES[1:]

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text and who wrote it."""

    text: str
    kind: Kind
    signals: frozenset[Signal]
    urgency: Urgency
    writer: str


def fit(rows: Sequence[Labelled]) -> Fitted:
    """Fit the whole reader; needs at least two writers, each signal and each urgency in the rows of both."""
    with threadpool_limits(limits=1):
        return _fit(rows, [prepare(row.text, row.kind) for row in rows])


def _fit(rows: Sequence[Labelled], ready: Sequence[Prepared]) -> Fitted:
    left_out = decisions_left_out(rows, ready)
    space = fit_space(ready, LEAST, SCALES)
    matrix = matrix_of(space, ready)
    tasks = _tasks(rows)
    estimators = {name: _classifier(matrix[used], truth[used]) for name, (used, truth) in tasks.items()}
    calibrators = {name: _calibrator(left_out[name][used], truth[used]) for name, (used, truth) in tasks.items()}
    scores = {name: _probabilities(calibrators[name], left_out[name]) for name in tasks}
    thresholds = choose_thresholds(rows, scores)
    fitted = Fitted(space, estimators, calibrators, thresholds, choose_steps(rows, scores), VERSION)
    return Fitted(space, estimators, calibrators, thresholds, fitted.urgency_thresholds, f"{VERSION}-{fitted.digest[:8]}")


def _tasks(rows: Sequence[Labelled]) -> dict[str, tuple[Flags, Flags]]:
    """Return what each classifier learns: the rows it uses and the rows where its answer is yes.

    `third_party` is for ads; urgency is asked only of texts that show something.
    """
    everywhere = np.ones(len(rows), dtype=bool)
    ads = np.array([row.kind == "ad" for row in rows])
    shown = np.array([bool(row.signals) for row in rows])
    tasks: dict[str, tuple[Flags, Flags]] = {
        name: (ads if name == "third_party" else everywhere, np.array([name in row.signals for row in rows]))
        for name in SIGNALS
    }
    for step in STEPS:
        reached = np.array([URGENCIES.index(row.urgency) >= URGENCIES.index(step) for row in rows])
        tasks[step] = (shown, reached)
    return tasks


def decisions_left_out(rows: Sequence[Labelled], ready: Sequence[Prepared]) -> dict[str, Floats]:
    """Return, for each classifier, the linear score of every row by the model that never saw its writer."""
    writers = np.array([row.writer for row in rows])
    tasks = _tasks(rows)
    scores = {name: np.zeros(len(rows)) for name in tasks}
    for writer in sorted(set(writers)):
        seen = writers != writer
        space = fit_space([one for one, kept in zip(ready, seen, strict=True) if kept], LEAST, SCALES)
        matrix = matrix_of(space, ready)
        for name, (used, truth) in tasks.items():
            model = _classifier(matrix[used & seen], truth[used & seen])
            scores[name][~seen] = model.decision_function(matrix[~seen])
    return scores


def matrix_of(space: Space, ready: Sequence[Prepared]) -> csr_matrix:
    """Return the sparse matrix of the texts' features, one row a text."""
    vectors = [space.vector(one) for one in ready]
    ends = np.cumsum([0, *(len(places) for places, _ in vectors)])
    places = np.concatenate([places for places, _ in vectors])
    values = np.concatenate([values for _, values in vectors])
    return csr_matrix((values, places, ends), shape=(len(vectors), len(space.names)))


def _classifier(matrix: csr_matrix, truth: Flags) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=5000, tol=1e-6).fit(matrix, truth)


def _calibrator(decisions: Floats, truth: Flags) -> LogisticRegression:
    """Fit Platt's sigmoid on scores of texts whose writer the model never saw."""
    return LogisticRegression(C=1e3, max_iter=1000).fit(decisions[:, None], truth)


def _probabilities(calibrator: LogisticRegression, decisions: Floats) -> Floats:
    return np.asarray(calibrator.predict_proba(decisions[:, None])[:, 1])


def choose_thresholds(rows: Sequence[Labelled], scores: dict[str, Floats]) -> dict[str, float]:
    """Return the thresholds of best mean F1 that flag at most `NEGATIVES_BORNE` of the texts that show nothing.

    Each signal's own best is the start; then the one threshold whose rise costs the least F1 for what it clears is
    raised, step by step, until the negatives bear it.
    """
    tasks = _tasks(rows)
    grid = np.round(np.arange(0.05, 0.96, 0.01), 2)
    negative = np.array([not row.signals for row in rows])
    scores = {name: np.where(tasks[name][0], scores[name], 0.0) for name in SIGNALS}
    gain = {name: np.array([f1(tasks[name][1], scores[name] >= t) for t in grid]) for name in SIGNALS}
    at = {name: int(np.argmax(gain[name])) for name in SIGNALS}
    while _flagged(scores, grid, at)[negative].mean() > NEGATIVES_BORNE:
        at = _raise_one(scores, grid, at, gain, negative)
    return {name: float(grid[at[name]]) for name in SIGNALS}


def _flagged(scores: dict[str, Floats], grid: Floats, at: dict[Signal, int]) -> Flags:
    return np.any([scores[name] >= grid[at[name]] for name in SIGNALS], axis=0)


def _raise_one(
    scores: dict[str, Floats], grid: Floats, at: dict[Signal, int], gain: dict[Signal, Floats], negative: Flags
) -> dict[Signal, int]:
    """Raise the threshold whose cost in F1 a cleared negative is the least."""
    now = _flagged(scores, grid, at)[negative].sum()
    best: tuple[float, dict[Signal, int]] | None = None
    for name in SIGNALS:
        for higher in range(at[name] + 1, len(grid)):
            tried = {**at, name: higher}
            cleared = now - _flagged(scores, grid, tried)[negative].sum()
            if cleared > 0:
                cost = (gain[name][at[name]] - gain[name][higher]) / cleared
                if best is None or cost < best[0]:
                    best = (cost, tried)
    if best is None:
        raise ValueError("no threshold keeps the negatives under the bar")
    return best[1]


def choose_steps(rows: Sequence[Labelled], scores: dict[str, Floats]) -> dict[str, float]:
    """Return the threshold of each urgency step: best F2, which weighs a missed one more than one too many."""
    tasks = _tasks(rows)
    grid = np.round(np.arange(0.05, 0.96, 0.01), 2)
    chosen = {}
    for step in STEPS:
        used, truth = tasks[step]
        gains = [f1(truth[used], scores[step][used] >= t, beta=2.0) for t in grid]
        chosen[step] = float(grid[int(np.argmax(gains))])
    return chosen


def f1(truth: Flags, said: Flags, beta: float = 1.0) -> float:
    """Return F-beta, 0 where there is nothing to find or nothing was found."""
    hits = float((truth & said).sum())
    weight = beta * beta
    total = weight * float(truth.sum()) + float(said.sum())
    return (1 + weight) * hits / total if hits else 0.0
