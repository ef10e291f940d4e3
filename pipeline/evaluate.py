"""Judge the reader on labelled texts that it was not trained on: what it finds, what it misses, how sure it may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from pydantic import BaseModel

from nlp.grid import load_grid
from nlp.reader import Reader
from nlp.types import SIGNALS, URGENCIES, Assessment, Evidence, Signal, Urgency
from pipeline.gold import GoldRow, PlainRow
from pipeline.measures import (
    RESAMPLES,
    Flags,
    Floats,
    Measure,
    auroc,
    calibration_error,
    f1,
    mean_of,
    measured,
    precision,
    ratio,
    recall,
    resamples,
    share,
)

WORST = 20
_EXCERPT = 90
GROUPS = ("all", "fr", "en", "mixed", "other")

Tick = Callable[[int], None]


class SignalFigures(BaseModel):
    """How one signal does in one language group; `third_party` is measured on ads alone."""

    signal: Signal
    group: str
    texts: int
    positives: int
    precision: Measure
    recall: Measure
    f1: Measure
    auroc: Measure
    ece: Measure


class CriterionFigures(BaseModel):
    """How often a criterion was met where a signal that it raises is labelled, where another is, and where none is."""

    criterion: str
    own_signal: int
    other_signal: int
    no_signal: int


class WorstError(BaseModel):
    """One text on which the score and the label are furthest apart."""

    id: str
    signal: Signal
    labelled: bool
    score: float
    text: str


class UrgencyError(BaseModel):
    """One text that is read two steps or more from its labelled urgency."""

    id: str
    labelled: Urgency
    read: Urgency
    text: str


class Evaluation(BaseModel):
    """All figures of one evaluation; `urgency_confusion` has the labelled urgency in rows, the reader's in columns."""

    model: str
    grid: str
    texts: int
    negatives: int
    signals: list[SignalFigures]
    macro_f1: Measure
    negatives_flagged: Measure
    immediate_recall: Measure
    soon_or_immediate_recall: Measure
    evidence_overlap: Measure
    urgency_confusion: list[list[int]]
    criteria: list[CriterionFigures]
    worst: list[WorstError]
    worst_urgency: list[UrgencyError]

    def figures(self, signal: Signal, group: str = "all") -> SignalFigures:
        """Return the figures of one signal in one language group."""
        return next(one for one in self.signals if (one.signal, one.group) == (signal, group))


def read_all(reader: Reader, rows: Iterable[PlainRow], tick: Tick | None = None) -> Iterator[Assessment]:
    """Yield the assessment of every row, telling `tick` how many are done."""
    for done, row in enumerate(rows, start=1):
        yield reader.assess(row.text, row.kind)
        if tick is not None:
            tick(done)


def evaluate(
    reader: Reader, rows: Sequence[GoldRow], count: int = RESAMPLES, read: Sequence[Assessment] | None = None
) -> Evaluation:
    """Compare what the reader says (`read`, or read now) with the labels of at least one row.

    Intervals are 95 % bootstrap over texts, the same at each run. A figure of which the rows hold nothing to measure
    (the recall of a signal that is nowhere labelled) is None.
    """
    read = list(read_all(reader, rows)) if read is None else read
    weights = resamples(len(rows), count)
    negative = np.array([not row.signals for row in rows])
    flagged = np.array([bool(one.flagged) for one in read])
    labelled = np.array([URGENCIES.index(row.urgency) for row in rows])
    said = np.array([URGENCIES.index(one.urgency) for one in read])
    hits, overlaps = _evidence(rows, read)
    return Evaluation(
        model=reader.model_version,
        grid=reader.grid.version,
        texts=len(rows),
        negatives=int(negative.sum()),
        signals=[_signal_figures(rows, read, signal, group, weights) for signal in SIGNALS for group in GROUPS],
        macro_f1=measured(mean_of([f1(weights, _truth(rows, name), _flags(read, name)) for name in SIGNALS])),
        negatives_flagged=measured(share(weights, flagged, negative)),
        immediate_recall=measured(share(weights, said == 3, labelled == 3)),
        soon_or_immediate_recall=measured(share(weights, said >= 2, labelled >= 2)),
        evidence_overlap=measured(ratio(weights @ overlaps, weights @ hits)),
        urgency_confusion=[[int(((labelled == i) & (said == j)).sum()) for j in range(4)] for i in range(4)],
        criteria=_criteria(rows, read),
        worst=_worst(rows, read),
        worst_urgency=_worst_urgency(rows, read),
    )


def _truth(rows: Sequence[GoldRow], signal: Signal) -> Flags:
    return np.array([signal in row.signals for row in rows], dtype=bool)


def _flags(read: Sequence[Assessment], signal: Signal) -> Flags:
    return np.array([one.signals[signal].flag for one in read], dtype=bool)


def _signal_figures(
    rows: Sequence[GoldRow], read: Sequence[Assessment], signal: Signal, group: str, weights: Floats
) -> SignalFigures:
    used = np.array([group in ("all", row.lang) and (signal != "third_party" or row.kind == "ad") for row in rows])
    truth, said = _truth(rows, signal)[used], _flags(read, signal)[used]
    scores = np.array([one.signals[signal].score for one in read])[used]
    own = weights[:, used]
    return SignalFigures(
        signal=signal,
        group=group,
        texts=int(used.sum()),
        positives=int(truth.sum()),
        precision=measured(precision(own, truth, said)),
        recall=measured(recall(own, truth, said)),
        f1=measured(f1(own, truth, said)),
        auroc=measured(auroc(own, truth, scores)),
        ece=measured(calibration_error(own, truth, scores)),
    )


def _evidence(rows: Sequence[GoldRow], read: Sequence[Assessment]) -> tuple[Floats, Floats]:
    """Return, a text, how many signals with labelled words were flagged and how many of these overlap the words."""
    hits, overlaps = np.zeros(len(rows)), np.zeros(len(rows))
    for at, (row, one) in enumerate(zip(rows, read, strict=True)):
        for signal, spans in row.signals.items():
            if spans and one.signals[signal].flag:
                hits[at] += 1
                overlaps[at] += _overlap(row.text, spans, one.signals[signal].evidence)
    return hits, overlaps


def _overlap(text: str, labelled: Iterable[str], shown: Iterable[Evidence]) -> bool:
    """Tell whether a shown span shares a character with the first place of a labelled one."""
    places = [(text.find(words), text.find(words) + len(words)) for words in labelled]
    return any(one.start < end and start < one.end for one in shown for start, end in places)


def _criteria(rows: Sequence[GoldRow], read: Sequence[Assessment]) -> list[CriterionFigures]:
    counts: Counter[tuple[str, str]] = Counter()
    raised = {one.id: set(one.signals) for one in load_grid().criteria}
    for row, one in zip(rows, read, strict=True):
        for criterion in one.criteria:
            own = bool(raised[criterion] & set(row.signals))
            counts[criterion, "own" if own else "other" if row.signals else "none"] += 1
    met = [one.id for one in load_grid().criteria if any(counts[one.id, where] for where in ("own", "other", "none"))]
    names = {"own_signal": "own", "other_signal": "other", "no_signal": "none"}
    return [
        CriterionFigures(criterion=one, **{name: counts[one, where] for name, where in names.items()}) for one in met
    ]


def _worst(rows: Sequence[GoldRow], read: Sequence[Assessment]) -> list[WorstError]:
    errors = [
        WorstError(
            id=row.id,
            signal=signal,
            labelled=signal in row.signals,
            score=round(one.signals[signal].score, 4),
            text=excerpt(row.text),
        )
        for row, one in zip(rows, read, strict=True)
        for signal in SIGNALS
        if (signal in row.signals) != one.signals[signal].flag
    ]
    return sorted(errors, key=lambda one: (-abs(one.labelled - one.score), one.id))[:WORST]


def _worst_urgency(rows: Sequence[GoldRow], read: Sequence[Assessment]) -> list[UrgencyError]:
    """Return the texts read furthest from their urgency, those read too late first."""
    late = [URGENCIES.index(row.urgency) - URGENCIES.index(one.urgency) for row, one in zip(rows, read, strict=True)]
    order = sorted((at for at, steps in enumerate(late) if abs(steps) > 1), key=lambda at: (-late[at], rows[at].id))
    return [
        UrgencyError(id=rows[at].id, labelled=rows[at].urgency, read=read[at].urgency, text=excerpt(rows[at].text))
        for at in order[:WORST]
    ]


def excerpt(text: str) -> str:
    """Return the beginning of a text on one line, without anything that would move a terminal's cursor."""
    shown = "".join(one if one.isprintable() else " " for one in text[: 4 * _EXCERPT])
    return " ".join(shown.split())[:_EXCERPT]
