"""Judge the reader on labelled texts that it was not trained on: what it finds, what it misses, how sure it may be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from nlp.grid import load_grid
from nlp.reader import Reader
from nlp.types import SIGNALS, URGENCIES, Assessment, Evidence, Kind, Signal, Urgency
from pipeline.measures import (
    RESAMPLES,
    Flags,
    Floats,
    Measure,
    auroc,
    calibration_error,
    f1,
    measured,
    precision,
    recall,
    resamples,
    share,
)
from store.errors import BadInput

WORST = 20
_EXCERPT = 90
GROUPS = ("all", "fr", "en", "mixed")


class GoldRow(BaseModel):
    """One labelled text; `signals` holds the exact words that show each signal."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    text: str
    kind: Kind = "post"
    lang: Literal["fr", "en", "mixed"]
    signals: dict[Signal, list[str]]
    urgency: Urgency


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

    def figures(self, signal: Signal, group: str = "all") -> SignalFigures:
        """Return the figures of one signal in one language group."""
        return next(one for one in self.signals if (one.signal, one.group) == (signal, group))


def read_gold(path: Path) -> list[GoldRow]:
    """Return the rows of a labelled file; raises BadInput naming the first line that is none."""
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(GoldRow.model_validate_json(line))
            except ValidationError as error:
                raise BadInput(f"{path}:{number} is no labelled row: {error.errors()[0]['msg']}") from None
    if not rows:
        raise BadInput(f"{path} holds no labelled row.")
    return rows


def evaluate(reader: Reader, rows: Sequence[GoldRow], count: int = RESAMPLES) -> Evaluation:
    """Read every row and compare with its labels; intervals are 95 % bootstrap over texts, the same at each run."""
    read = [reader.assess(row.text, row.kind) for row in rows]
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
        macro_f1=measured(_macro(rows, read, weights)),
        negatives_flagged=measured(share(weights, flagged, negative)),
        immediate_recall=measured(share(weights, said == 3, labelled == 3)),
        soon_or_immediate_recall=measured(share(weights, said >= 2, labelled >= 2)),
        evidence_overlap=measured(np.divide(weights @ overlaps, np.maximum(weights @ hits, 1e-9))),
        urgency_confusion=[[int(((labelled == i) & (said == j)).sum()) for j in range(4)] for i in range(4)],
        criteria=_criteria(rows, read),
        worst=_worst(rows, read),
    )


def _truth(rows: Sequence[GoldRow], signal: Signal) -> Flags:
    return np.array([signal in row.signals for row in rows], dtype=bool)


def _flags(read: Sequence[Assessment], signal: Signal) -> Flags:
    return np.array([one.signals[signal].flag for one in read], dtype=bool)


def _macro(rows: Sequence[GoldRow], read: Sequence[Assessment], weights: Floats) -> Floats:
    each = [f1(weights, _truth(rows, signal), _flags(read, signal)) for signal in SIGNALS]
    return np.asarray(np.mean(each, axis=0), dtype=np.float64)


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
    """Return, a text, how many signals were rightly flagged and how many of these overlap the labelled words."""
    hits, overlaps = np.zeros(len(rows)), np.zeros(len(rows))
    for at, (row, one) in enumerate(zip(rows, read, strict=True)):
        for signal, spans in row.signals.items():
            if one.signals[signal].flag:
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
            text=" ".join(row.text.split())[:_EXCERPT],
        )
        for row, one in zip(rows, read, strict=True)
        for signal in SIGNALS
        if (signal in row.signals) != one.signals[signal].flag
    ]
    return sorted(errors, key=lambda one: (-abs(one.labelled - one.score), one.id))[:WORST]


def as_text(figures: Evaluation) -> Iterable[str]:
    """Yield the lines that a person reads."""
    yield f"model {figures.model}, grid {figures.grid}: {figures.texts} texts, {figures.negatives} without a sign"
    yield "(value [95 % interval])"
    for one in figures.signals:
        if one.texts:
            yield (
                f"{one.signal:12} {one.group:6} n={one.texts:<4} pos={one.positives:<4} P {one.precision}  "
                f"R {one.recall}  F1 {one.f1}  AUROC {one.auroc}  ECE {one.ece}"
            )
    yield f"macro-F1                 {figures.macro_f1}"
    yield f"negatives flagged        {figures.negatives_flagged}"
    yield f"immediate recall         {figures.immediate_recall}"
    yield f"soon or sooner, recall   {figures.soon_or_immediate_recall}"
    yield f"evidence overlap         {figures.evidence_overlap}"
    yield "urgency, labelled in rows: " + "  ".join(URGENCIES)
    for name, row in zip(URGENCIES, figures.urgency_confusion, strict=True):
        yield f"  {name:10} " + " ".join(f"{count:6}" for count in row)
    yield "criterion met where its own signal / another / none is labelled:"
    yield "  " + ", ".join(f"{c.criterion} {c.own_signal}/{c.other_signal}/{c.no_signal}" for c in figures.criteria)
    yield "furthest from the label:"
    for error in figures.worst:
        what = "missed" if error.labelled else "wrongly flagged"
        yield f"  {error.id} {error.signal} {what} {error.score:.2f} {error.text}"


def as_json(figures: Evaluation) -> str:
    """Return the figures as one JSON object."""
    return json.dumps(figures.model_dump(mode="json"), ensure_ascii=False)
