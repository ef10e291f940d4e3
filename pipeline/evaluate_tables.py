"""The figures of an evaluation as tables, for a terminal and for the model card."""

from __future__ import annotations

from collections.abc import Iterator

from nlp.grid import load_grid
from nlp.types import URGENCIES
from pipeline.evaluate import Evaluation
from pipeline.tables import Table, lines


def as_text(figures: Evaluation) -> Iterator[str]:
    """Yield the lines that a person reads."""
    yield f"model {figures.model}, grid {figures.grid}: {figures.texts} texts, {figures.negatives} without a sign"
    yield "Each figure with its 95 % bootstrap interval; none: the texts hold nothing to measure."
    yield from lines(
        (totals(figures), by_signal(figures), urgency(figures), criteria(figures), worst(figures), late(figures))
    )


def totals(figures: Evaluation) -> Table:
    """Return the figures over all signals."""
    rows: list[tuple[object, ...]] = [
        ("macro-F1 over the signals", figures.macro_f1),
        ("texts without a sign that were flagged", figures.negatives_flagged),
        ("`immediate` read as immediate", figures.immediate_recall),
        ("`soon` or `immediate` read as one of them", figures.soon_or_immediate_recall),
        ("right flags whose evidence shares a character with the labelled words", figures.evidence_overlap),
    ]
    return Table("All together", ("what", "figure"), rows)


def by_signal(figures: Evaluation) -> Table:
    """Return the figures of each signal by language; languages that the texts lack are left out."""
    heads = ("signal", "language", "texts", "positives", "precision", "recall", "F1", "AUROC", "ECE")
    rows: list[tuple[object, ...]] = [
        (one.signal, one.group, one.texts, one.positives, one.precision, one.recall, one.f1, one.auroc, one.ece)
        for one in figures.signals
        if one.texts
    ]
    return Table("Signals", heads, rows, "`third_party` is measured on ads. ECE: expected calibration error, 10 bins.")


def urgency(figures: Evaluation) -> Table:
    """Return the confusion of urgencies."""
    rows: list[tuple[object, ...]] = [
        (name, *row) for name, row in zip(URGENCIES, figures.urgency_confusion, strict=True)
    ]
    return Table("Urgency: as labelled in rows, as read in columns", ("", *URGENCIES), rows)


def criteria(figures: Evaluation) -> Table:
    """Return where each criterion was met, those most often met where nothing is labelled first."""
    ordered = sorted(figures.criteria, key=lambda one: (-one.no_signal, one.criterion))
    rows: list[tuple[object, ...]] = [
        (one.criterion, load_grid().criterion(one.criterion).name_en, one.own_signal, one.other_signal, one.no_signal)
        for one in ordered
    ]
    heads = ("criterion", "name", "own signal labelled", "another", "none")
    return Table("Criteria: texts on which each was met", heads, rows)


def worst(figures: Evaluation) -> Table:
    """Return the errors that were furthest from the label."""
    rows: list[tuple[object, ...]] = [
        (one.id, one.signal, "missed" if one.labelled else "wrongly flagged", f"{one.score:.2f}", one.text)
        for one in figures.worst
    ]
    return Table("Furthest from the label", ("id", "signal", "error", "score", "text"), rows)


def late(figures: Evaluation) -> Table:
    """Return the texts that were read two steps or more from their urgency."""
    rows: list[tuple[object, ...]] = [(one.id, one.labelled, one.read, one.text) for one in figures.worst_urgency]
    return Table("Urgency off by two steps or more, too late first", ("id", "labelled", "read as", "text"), rows)
