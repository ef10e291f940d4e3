"""The model card, written when the model is trained: what it is for and not for, and what was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, save
from nlp.reader import Reader
from nlp.training import Trained, alarms, tasks_of
from nlp.types import SIGNALS, URGENCIES
from pipeline import agreement, card_words, evaluate_tables, fairness
from pipeline.agreement import Agreement, agreement_of
from pipeline.evaluate import Evaluation, evaluate
from pipeline.fairness import Fairness
from pipeline.gold import read_gold
from pipeline.measures import auroc, calibration_error, f1, measured, precision, recall, resamples, share
from pipeline.tables import Table, as_markdown
from pipeline.train import is_in, validation_files

CARD_NAME = "README.md"


class Measured(NamedTuple):
    """What a card tells of a model beside its own training: writers never trained on, fairness, two labellings."""

    unseen: dict[str, Evaluation]
    fairness: Fairness
    agreement: Agreement | None


def write_card(trained: Trained, corpora: Path, out: Path, introduction: str = card_words.INTRODUCTION) -> None:
    """Write the model and its card into a folder; measured on the corpora's writers that were never trained on."""
    out.mkdir(parents=True, exist_ok=True)
    if not is_in(out, trained):
        save(trained.fitted, out / MODEL_NAME)
    reader = Reader(trained.fitted, load_grid())
    unseen = {path.stem: evaluate(reader, read_gold(path)) for path in validation_files(corpora)}
    told = Measured(unseen, fairness.fairness(reader), agreement_of(corpora))
    (out / CARD_NAME).write_text("\n".join(card_lines(trained, told, introduction)) + "\n", encoding="utf-8")


def card_lines(trained: Trained, told: Measured, introduction: str = card_words.INTRODUCTION) -> Iterator[str]:
    """Yield the lines of the card."""
    yield introduction
    yield from _identity(trained)
    for name, figures in told.unseen.items():
        yield from _unseen(name, figures)
    yield from _left_out(trained)
    yield card_words.FAIRNESS
    yield from _markdown(fairness.tables(told.fairness))
    yield card_words.AGREEMENT
    yield from [card_words.NO_AGREEMENT] if told.agreement is None else as_markdown(agreement.table(told.agreement))
    yield card_words.LIMITS


def _markdown(tables: Iterable[Table]) -> Iterator[str]:
    yield from chain.from_iterable(map(as_markdown, tables))


def _identity(trained: Trained) -> Iterator[str]:
    fitted = trained.fitted
    writers = Counter(row.writer for row in trained.rows)
    yield "## Identity\n"
    yield f"- version `{fitted.version}`, grid {load_grid().version}, {len(fitted.space.names)} features"
    yield f"- digest over sorted parameter names, dtypes and values: `{fitted.digest}` (`vigie train --check`)"
    yield f"- {len(trained.rows)} texts by {len(writers)} writers: " + ", ".join(
        f"{name} {count}" for name, count in sorted(writers.items())
    )
    positives = Counter(signal for row in trained.rows for signal in row.signals)
    urgencies = Counter(row.urgency for row in trained.rows)
    yield (
        "- labelled "
        + ", ".join(f"{signal} {positives[signal]}" for signal in SIGNALS)
        + "; urgency "
        + ", ".join(f"{one} {urgencies[one]}" for one in URGENCIES)
    )
    chosen = {**fitted.thresholds, **fitted.urgency_thresholds}
    yield "- thresholds: " + ", ".join(f"{name} {value:.2f}" for name, value in chosen.items()) + "\n"


def _unseen(name: str, figures: Evaluation) -> Iterator[str]:
    """Yield the figures on a writer that was never trained on, by signal and language."""
    yield f"## A writer that was never trained on: {name}\n"
    yield f"{figures.texts} texts, {figures.negatives} without a sign, read as the reader reads them."
    yield card_words.SEEN_BEFORE.get(name, card_words.NOT_SEEN) + "\n"
    yield from _markdown(
        (evaluate_tables.totals(figures), evaluate_tables.by_signal(figures), evaluate_tables.urgency(figures))
    )


def _left_out(trained: Trained) -> Iterator[str]:
    """Yield figures where every text was scored by a model that had not seen its writer."""
    weights = resamples(len(trained.rows))
    tasks, alarming, flagged = tasks_of(trained.rows), alarms(trained.left_out), []
    rows: list[tuple[object, ...]] = []
    for signal in SIGNALS:
        used, truth = tasks[signal]
        scores = trained.left_out[signal]
        said = ((scores >= trained.fitted.thresholds[signal]) | (alarming == signal)) & used
        flagged.append(said)
        own = weights[:, used]
        figures = [measured(one(own, truth[used], said[used])) for one in (precision, recall, f1)]
        figures += [measured(one(own, truth[used], scores[used])) for one in (auroc, calibration_error)]
        rows.append((signal, int(truth[used].sum()), *figures))
    negative = np.array([row.shows_nothing for row in trained.rows])
    heads = ("signal", "positives", "precision", "recall", "F1", "AUROC", "ECE")
    yield from as_markdown(Table("One writer left out at a time", heads, rows, card_words.LEFT_OUT), level=2)
    yield f"Negatives flagged: {measured(share(weights, np.any(flagged, axis=0), negative))}\n"
