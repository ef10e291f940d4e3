"""How far two labellings of the same texts agree beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from nlp.types import SIGNALS, URGENCIES, Signal
from pipeline.gold import GoldRow, SecondLabels, read_gold, read_second_labels
from pipeline.measures import RESAMPLES, Measure, kappa, measured, resamples
from pipeline.tables import Table
from pipeline.train import SECOND_LABELS, corpora_files
from store.errors import BadInput


class SignalAgreement(BaseModel):
    """Cohen's kappa of one signal, and how often each labelling says it."""

    signal: Signal
    first: int
    second: int
    both: int
    kappa: Measure


class Agreement(BaseModel):
    """Agreement of a second labelling with the corpora's own; urgency's kappa weighs squared distances."""

    texts: int
    signals: list[SignalAgreement]
    urgency: Measure


def agreement_of(corpora: Path, count: int = RESAMPLES) -> Agreement | None:
    """Return the agreement over a folder's second labels, None when it has none; raises BadInput on an unknown id."""
    path = corpora / f"{SECOND_LABELS}.jsonl"
    if not path.exists():
        return None
    rows = {row.id: row for corpus in corpora_files(corpora) for row in read_gold(corpus)}
    return agreement(rows, read_second_labels(path), count)


def agreement(first: Mapping[str, GoldRow], second: Sequence[SecondLabels], count: int = RESAMPLES) -> Agreement:
    """Compare two labellings of the texts that the second one names; raises BadInput on an id the first lacks."""
    if unknown := next((one.id for one in second if one.id not in first), None):
        raise BadInput(f"The second labels name {unknown!r}, which no corpus holds.")
    pairs = [(first[one.id], one) for one in second]
    weights = resamples(len(pairs), count)
    steps = np.arange(len(URGENCIES))
    ours, theirs = (np.array([URGENCIES.index(pair[at].urgency) for pair in pairs]) for at in (0, 1))
    signals = []
    for name in SIGNALS:
        one, other = (np.array([name in pair[at].signals for pair in pairs], dtype=np.int64) for at in (0, 1))
        signals.append(
            SignalAgreement(
                signal=name,
                first=int(one.sum()),
                second=int(other.sum()),
                both=int((one & other).sum()),
                kappa=measured(kappa(weights, one, other, 1 - np.eye(2))),
            )
        )
    apart = (steps[:, None] - steps[None, :]).astype(np.float64) ** 2
    return Agreement(texts=len(pairs), signals=signals, urgency=measured(kappa(weights, ours, theirs, apart)))


def table(figures: Agreement) -> Table:
    """Return the agreement as a table."""
    rows: list[tuple[object, ...]] = [
        (one.signal, one.first, one.second, one.both, one.kappa) for one in figures.signals
    ]
    rows.append(("urgency, squared weights", "", "", "", figures.urgency))
    note = (
        f"{figures.texts} texts labelled a second time by the same rules. Both labellers are authors of one kind, and "
        "the texts were written to show a sign or not: expect less agreement between analysts on real posts."
    )
    return Table(
        "Agreement of two labellings (Cohen's kappa)", ("signal", "first", "second", "both", "kappa"), rows, note
    )
