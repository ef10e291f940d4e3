"""Training a candidate from what people decided, beside the corpora; it reads nothing until it is switched to."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from nlp.features import prepare
from nlp.grid import load_grid
from nlp.model_file import Fitted, load_shipped
from nlp.reader import Reader
from nlp.training import Labelled, Trained, fit
from pipeline import card_words
from pipeline.card import write_card
from pipeline.feedback.decided import DecidedRow, decided_rows
from pipeline.feedback.masking import barred_features, made_ready
from pipeline.feedback.report import Compared, Read, Report, broken_bars, compared, figures
from pipeline.gold import read_gold
from pipeline.train import read_rows, training_files, validation_files
from store.criteria import suspended
from store.errors import BadInput, Conflict
from store.models import fitted_in_force, made_folder, models_of
from store.posts import reading_text
from store.store import Store
from store.tables import Post, QueueItem

REPORT_NAME = "report.json"
LEAST_ROWS, LEAST_OF_A_CLASS = 50, 10
"""Decided posts, and of these with a sign and without one, under which nothing is learnt."""
HELD_OUT = 0.2
"""Share of the decided posts, the newest, that the report judges by and no candidate learns from."""
WEIGHT = 3.0
"""Fictional texts that one decided post counts for, unless all of them together would outweigh half the corpora."""
MOST_QUEUED = 5000
"""Posts of the queue that both models read for the report."""
WRITER = "decided"
_LEFT_SECONDS = 86_400


class _Queued(NamedTuple):
    """Posts that wait, to be read by both models; how many more there are; criteria suspended now."""

    texts: list[Read]
    unread: int
    without: frozenset[str]


@dataclass(frozen=True)
class Material:
    """What a candidate is made of: decided posts to learn from and to judge by, and those that wait."""

    learnt: Sequence[DecidedRow]
    held: Sequence[DecidedRow]
    queued: _Queued


def gather(store: Store) -> Material:
    """Read what was decided and what waits; `Conflict` (`too_few_rows`) says what is missing to learn from it."""
    with store.database.reading() as session:
        rows = decided_rows(session, store.clock())
        waiting = select(Post).join(QueueItem, QueueItem.post_id == Post.id)
        waiting = waiting.where(QueueItem.status == "open", Post.status == "live")
        count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
        posts = session.scalars(waiting.order_by(Post.seq.desc()).limit(MOST_QUEUED))
        texts = [Read(one.id, reading_text(one), "ad" if one.kind == "ad" else "post") for one in posts]
        queued = _Queued(texts, count - len(texts), suspended(session))
    _require_enough(rows)
    last = round(len(rows) * (1 - HELD_OUT))
    return Material(rows[:last], rows[last:], queued)


def train_candidate(store: Store, corpora: Path, material: Material) -> Report:
    """Train a model on a folder of corpora and decided posts; write it, its card and its report; return the report.

    It stands in a folder of its own, whole or not at all, and nothing reads with it yet. `BadInput` if no thresholds
    can be found that flag few enough of the texts that show nothing.
    """
    folder = made_folder(store.settings)  # before the minutes that training takes
    trained = _fitted(corpora, material.learnt)
    report = _report(store, corpora, material, trained.fitted)
    partial = emptied(folder / f".{trained.fitted.version}.partial", store.clock())
    words = card_words.INTRODUCTION.replace(card_words.NO_REAL_POST, card_words.FROM_DECISIONS)
    write_card(trained, corpora, partial, words)
    (partial / REPORT_NAME).write_text(report.model_dump_json(indent=1), encoding="utf-8")
    target = folder / trained.fitted.version
    if not target.exists():  # else the same rows gave the same model: the one there may be in force
        partial.rename(target)
        return report
    (partial / REPORT_NAME).replace(target / REPORT_NAME)
    shutil.rmtree(partial)
    return report


def emptied(partial: Path, now: datetime) -> Path:
    """Return a new folder to write a candidate in; what a training that was killed left there a day ago goes."""
    for left in partial.parent.glob(".*.partial"):
        if left == partial or left.stat().st_mtime < now.timestamp() - _LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    partial.mkdir(mode=0o700)
    return partial


def report_of(store: Store, version: str) -> Report | None:
    """Return the report of a candidate, None if it has none that can be read."""
    try:
        return Report.model_validate_json((models_of(store.settings) / version / REPORT_NAME).read_bytes())
    except (OSError, ValueError):
        return None


def _require_enough(rows: Sequence[DecidedRow]) -> None:
    shown = sum(bool(row.signals) for row in rows)
    least = min(shown, len(rows) - shown)
    if len(rows) < LEAST_ROWS or least < LEAST_OF_A_CLASS:
        raise Conflict(
            f"Too few reviewed decisions to learn from: {len(rows)} posts, {shown} of them with a sign;"
            f" {LEAST_ROWS} are needed, {LEAST_OF_A_CLASS} with a sign and {LEAST_OF_A_CLASS} without.",
            code="too_few_rows",
        )


def _fitted(corpora: Path, decided: Sequence[DecidedRow]) -> Trained:
    rows = list(read_rows(training_files(corpora)))
    if not rows:
        raise BadInput(f"{corpora} holds no training corpora.")
    ready = [prepare(row.text, row.kind) for row in rows]
    theirs = made_ready(decided)
    barred = barred_features(decided, theirs, ready)
    weight = min(WEIGHT, len(rows) / 2 / len(decided))
    mine = [
        Labelled(row.text, row.kind, row.signals, row.urgency, WRITER, weight, row.unsaid, judges=False)
        for row in decided
    ]
    try:
        return fit([*rows, *mine], [*ready, *theirs], barred)
    except ValueError as error:
        raise BadInput(f"No model can be made of these rows: {error}.") from None


def _report(store: Store, corpora: Path, material: Material, fitted: Fitted) -> Report:
    grid, queued = load_grid(), material.queued
    old, _ = fitted_in_force(store.settings)
    before, after = Reader(old, grid), Reader(fitted, grid)
    sets: list[Compared] = []
    broken = [] if validation_files(corpora) else ["no validation writer tells how it does"]
    for path in validation_files(corpora)[:1]:
        gold = [Read(row.id, row.text, row.kind, frozenset(row.signals), row.urgency) for row in read_gold(path)]
        sets.append(compared(path.stem, gold, before, after))
        broken += _broken(sets[-1], gold, old)
    held = [Read(row.post, row.text, row.kind, row.signals, row.urgency, row.unsaid) for row in material.held]
    sets.append(compared("decided", held, before, after))
    sets.append(compared("queue", queued.texts, before, after, queued.without))
    return Report(
        version=fitted.version,
        digest=fitted.digest,
        beside=old.version,
        made_at=store.clock(),
        learnt=len(material.learnt),
        held_out=len(held),
        queue_unread=queued.unread,
        sets=sets,
        broken=broken,
    )


def _broken(told: Compared, gold: Sequence[Read], old: Fitted) -> list[str]:
    shipped = told.before
    if old.digest != load_shipped().digest:
        reader = Reader(load_shipped(), load_grid())
        shipped = figures(gold, [reader.assess(one.text, one.kind) for one in gold])
    if told.after is None or shipped is None:
        return [f"{told.name}: holds no text to measure by"]
    return list(broken_bars(told.name, told.after, shipped))
