"""Fit the reader's classifiers on labelled rows. The same rows give the same model, to the last digit, on one thread.

Every writer is held out in turn: the model fitted on the others scores what it never saw. Those scores calibrate the
probabilities and choose the thresholds, so both are honest about writers yet unseen. The model that is kept is then
fitted on all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it has no types

from nlp.features import Prepared, prepare
from nlp.model_file import Fitted
from nlp.space import Floats, Space, fit_space
from nlp.types import ACTIONABLE, SIGNALS, URGENCIES, Kind, Signal, Urgency
from nlp.urgency import ALARM

VERSION = "2026.11.0"
LEAST = {"w": 2, "c": 4, "k": 4, "g": 1}
"""Texts in which a feature of each block must stand to be kept."""
SCALES = {"w": 1.0, "c": 1.0, "k": 0.7, "g": 0.2}
"""Length of each block; chosen by leaving one writer out."""
STRENGTH = 10.0
"""Inverse of the regularisation of the signals' classifiers."""
NEGATIVES_BORNE = 0.05
"""Share of negatives, four in five of them hard, that may be flagged on writers left out."""
WANTED: dict[Urgency, float] = {"none": 1.0, "routine": 0.97, "soon": 0.88, "immediate": 0.92}
"""Recall that each urgency step is to reach on writers left out, were every text flagged."""
GRID: Floats = np.round(np.arange(0.05, 0.96, 0.02), 2)
"""Thresholds tried."""
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
    weight: float = 1.0
    """How many texts of weight 1 it counts for while the classifiers are fitted."""
    unsaid: frozenset[Signal] = frozenset()
    """Signals that nobody said it shows or does not show: their classifiers do not learn from it."""
    judges: bool = True
    """Whether probabilities and thresholds are chosen by it too. What was labelled because a reader flagged it is no
    fair sample: were thresholds chosen by it, every dismissal would raise them, and what they guard would be missed."""

    @property
    def shows_nothing(self) -> bool:
        """Return whether it is known to show no signal."""
        return not self.signals and not self.unsaid


@dataclass(frozen=True)
class Trained:
    """The model, the rows it was fitted on, and the probability of every row by a model that never saw its writer."""

    fitted: Fitted
    rows: tuple[Labelled, ...]
    left_out: dict[str, Floats]


def fit(
    rows: Sequence[Labelled], ready: Sequence[Prepared] | None = None, barred: frozenset[str] = frozenset()
) -> Trained:
    """Fit the whole reader; needs at least two writers, each signal and each urgency in the rows of both.

    `ready` holds the rows' texts where they were made ready already; `barred` names features that are never learnt.
    """
    with threadpool_limits(limits=1):
        return _fit(rows, ready or [prepare(row.text, row.kind) for row in rows], barred)


def _fit(rows: Sequence[Labelled], ready: Sequence[Prepared], barred: frozenset[str]) -> Trained:
    decisions = decisions_left_out(rows, ready, barred)
    space = fit_space(ready, LEAST, SCALES, barred)
    matrix = matrix_of(space, ready)
    tasks = tasks_of(rows)
    weights = _weights(rows)
    judges = np.array([row.judges for row in rows])
    estimators = {name: _classifier(matrix, truth, used, weights) for name, (used, truth) in tasks.items()}
    calibrators = {
        name: _calibrator(decisions[name][used & judges], truth[used & judges]) for name, (used, truth) in tasks.items()
    }
    scores = {name: _probabilities(calibrators[name], decisions[name]) for name in tasks}
    judging = [row for row in rows if row.judges]
    fair = {name: own[judges] for name, own in scores.items()}
    thresholds, steps = choose_thresholds(judging, fair), choose_steps(judging, fair)
    fitted = Fitted(space, estimators, calibrators, thresholds, steps, VERSION)
    return Trained(replace(fitted, version=f"{VERSION}-{fitted.digest[:8]}"), tuple(rows), scores)


def tasks_of(rows: Sequence[Labelled]) -> dict[str, tuple[Flags, Flags]]:
    """Return what each classifier learns: the rows it uses and the rows where its answer is yes.

    `third_party` is for ads, and no signal is learnt from a text of which it is `unsaid`. Whether a text is immediate
    is learnt from all texts, how soon a lesser one is to be read only from those that show something.
    """
    everywhere = np.ones(len(rows), dtype=bool)
    ads = np.array([row.kind == "ad" for row in rows])
    shown = np.array([bool(row.signals) for row in rows])
    tasks: dict[str, tuple[Flags, Flags]] = {}
    for name in SIGNALS:
        said = np.array([name not in row.unsaid for row in rows])
        tasks[name] = (ads & said if name == "third_party" else said, np.array([name in row.signals for row in rows]))
    for step in STEPS:
        reached = np.array([URGENCIES.index(row.urgency) >= URGENCIES.index(step) for row in rows])
        tasks[step] = (everywhere if step == "immediate" else shown, reached)
    return tasks


def _weights(rows: Sequence[Labelled]) -> Floats | None:
    """Return the rows' weights, None where all count the same: the solver's last digits hang on which it is given."""
    weights = np.array([row.weight for row in rows])
    return None if (weights == 1).all() else weights


def decisions_left_out(
    rows: Sequence[Labelled], ready: Sequence[Prepared], barred: frozenset[str] = frozenset()
) -> dict[str, Floats]:
    """Return, for each classifier, the linear score of every row by the model that never saw its writer."""
    writers = np.array([row.writer for row in rows])
    tasks, weights = tasks_of(rows), _weights(rows)
    scores = {name: np.zeros(len(rows)) for name in tasks}
    for writer in sorted(set(writers)):
        seen = writers != writer
        space = fit_space([one for one, kept in zip(ready, seen, strict=True) if kept], LEAST, SCALES, barred)
        matrix = matrix_of(space, ready)
        for name, (used, truth) in tasks.items():
            model = _classifier(matrix, truth, used & seen, weights)
            scores[name][~seen] = model.decision_function(matrix[~seen])
    return scores


def matrix_of(space: Space, ready: Sequence[Prepared]) -> csr_matrix:
    """Return the sparse matrix of the texts' features, one row a text."""
    points = [space.point(one) for one in ready]
    ends = np.cumsum([0, *(len(one.places) for one in points)])
    places = np.concatenate([one.places for one in points])
    values = np.concatenate([one.values for one in points])
    return csr_matrix((values, places, ends), shape=(len(points), len(space.names)))


def _classifier(matrix: csr_matrix, truth: Flags, used: Flags, weights: Floats | None) -> LogisticRegression:
    solver = {"solver": "liblinear", "dual": True, "random_state": 0}  # far the fastest where features outnumber texts
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=10_000, tol=1e-4, **solver)
    return model.fit(matrix[used], truth[used], None if weights is None else weights[used])


def _calibrator(decisions: Floats, truth: Flags) -> LogisticRegression:
    """Fit Platt's sigmoid on scores of texts whose writer the model never saw."""
    return LogisticRegression(C=1e3, max_iter=1000).fit(decisions[:, None], truth)


def _probabilities(calibrator: LogisticRegression, decisions: Floats) -> Floats:
    return np.asarray(calibrator.predict_proba(decisions[:, None])[:, 1])


def choose_thresholds(rows: Sequence[Labelled], scores: dict[str, Floats]) -> dict[str, float]:
    """Return the thresholds of best mean F1 that flag at most `NEGATIVES_BORNE` of the texts that show nothing.

    Exact over a grid: what one pair of signals leaves unflagged times what the other pair does gives, by one matrix
    product, what all four leave. Raises ValueError when nothing on the grid flags so few.
    """
    tasks = tasks_of(rows)
    negative = np.array([row.shows_nothing for row in rows])
    likeliest = alarms(scores)
    gains, clear = [], []
    for name in SIGNALS:
        used, truth = tasks[name]
        said = [used & ((scores[name] >= threshold) | (likeliest == name)) for threshold in GRID]
        gains.append(np.array([f1(truth, one) for one in said]))
        clear.append(np.array([~one[negative] for one in said], dtype=np.float32))
    flagged = 1 - _pairs(clear[0], clear[1]) @ _pairs(clear[2], clear[3]).T / negative.sum()
    gain = np.add.outer(np.add.outer(gains[0], gains[1]).ravel(), np.add.outer(gains[2], gains[3]).ravel())
    best = int(np.argmax(np.where(flagged <= NEGATIVES_BORNE, gain, -1)))
    if flagged.ravel()[best] > NEGATIVES_BORNE:
        raise ValueError(f"no thresholds flag at most {NEGATIVES_BORNE:.0%} of the negatives")
    places = np.unravel_index(best, (len(GRID),) * len(SIGNALS))
    return {name: float(GRID[at]) for name, at in zip(SIGNALS, places, strict=True)}


def alarms(scores: dict[str, Floats]) -> npt.NDArray[np.str_]:
    """Return the actionable signal that each alarming text is flagged with whatever its threshold, "" for others."""
    names = [name for name in SIGNALS if name in ACTIONABLE]
    likeliest = np.array(names)[np.argmax([scores[name] for name in names], axis=0)]
    return np.where(scores["immediate"] >= ALARM, likeliest, "")


def _pairs(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return what is clear under both, for each pair of thresholds: shape (thresholds squared, texts)."""
    return np.asarray((one[:, None, :] * other[None, :, :]).reshape(-1, one.shape[1]), dtype=np.float32)


def choose_steps(rows: Sequence[Labelled], scores: dict[str, Floats]) -> dict[str, float]:
    """Return the threshold of each urgency step: the highest that reaches the step's wanted recall."""
    tasks = tasks_of(rows)
    chosen: dict[str, float] = {}
    for step in STEPS:
        reached = np.sort(scores[step][tasks[step][1]])
        chosen[step] = round(float(reached[int(len(reached) * (1 - WANTED[step]))]), 4)
    return chosen


def f1(truth: Flags, said: Flags) -> float:
    """Return F1, 0 where there is nothing to find or nothing was found."""
    hits = float((truth & said).sum())
    return 2 * hits / float(truth.sum() + said.sum()) if hits else 0.0
