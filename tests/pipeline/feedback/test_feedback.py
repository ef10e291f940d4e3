"""A candidate and its report, with real training on few rows."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from feedback_house import PHONE, made_candidate
from sqlalchemy import select

from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, load, load_shipped
from nlp.reader import Reader
from nlp.training import Labelled, choose_steps, choose_thresholds, fit, tasks_of
from nlp.types import URGENCIES
from pipeline import fairness
from pipeline.card import CARD_NAME
from pipeline.feedback.candidate import REPORT_NAME, emptied, gather, train_candidate
from pipeline.feedback.report import Figures, Read, as_text, broken_bars, compared, figures
from pipeline.train import read_rows, train, training_files
from store.models import (
    InForce,
    in_force,
    models_of,
    name_of,
    put_in_force,
)
from store.tables import Post, QueueItem


@pytest.fixture
def _short_bench(monkeypatch) -> None:
    names, ways, adults = fairness.renderings()
    monkeypatch.setattr(fairness, "renderings", lambda: (names[:80], ways[:10], adults[:10]))


def test_what_is_unsaid_is_neither_right_nor_wrong(reader):
    text = "chu en fugue j'ai 15 ans pis je veux mourir"
    assert {"minor", "distress"} <= set(reader.assess(text).flagged)
    minor = frozenset({"minor"})
    open_, denied = (
        Read("x", text, "post", minor, "soon", unsaid) for unsaid in (frozenset({"distress"}), frozenset())
    )
    assert [figures([one], [reader.assess(text)]).flags_right for one in (open_, denied)] == [1.0, 0.5]
    dismissed = Read("x", text, "post", frozenset(), "none", minor)
    assert figures([dismissed], [reader.assess(text)]).negatives_flagged is None


def test_figures_of_a_report_are_the_plain_ones(reader, small):
    other = Reader(train(small).fitted, load_grid())
    lines = (small / "w22_validation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [Read(row["id"], row["text"], row["kind"], frozenset(row["signals"]), row["urgency"]) for row in rows]
    told = compared("gold", texts, reader, other)
    was, now = ([one.assess(row["text"], row["kind"]) for row in rows] for one in (reader, other))
    for change in told.signals:
        newly = [
            r["id"] for r, a, b in zip(rows, was, now, strict=True) if change.signal in {*b.flagged} - {*a.flagged}
        ]
        fewer = [
            r["id"] for r, a, b in zip(rows, was, now, strict=True) if change.signal in {*a.flagged} - {*b.flagged}
        ]
        assert (change.newly.count, change.newly.ids) == (len(newly), newly[:5])
        assert (change.no_more.count, change.no_more.ids) == (len(fewer), fewer[:5])
    steps = [URGENCIES.index(b.urgency) - URGENCIES.index(a.urgency) for a, b in zip(was, now, strict=True)]
    assert told.sooner.count == sum(step > 0 for step in steps) > 0
    assert told.later.count == sum(step < 0 for step in steps)
    immediate = [b.urgency == "immediate" for row, b in zip(rows, now, strict=True) if row["urgency"] == "immediate"]
    negatives = [bool(b.flagged) for row, b in zip(rows, now, strict=True) if not row["signals"]]
    assert told.after.immediate_recall == round(sum(immediate) / len(immediate), 4)
    assert told.after.negatives_flagged == round(sum(negatives) / len(negatives), 4)
    assert told.before != told.after
    minors = ["minor" in b.flagged for row, b in zip(rows, now, strict=True) if "minor" in row["signals"]]
    assert told.after.found["minor"] == round(sum(minors) / len(minors), 4)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"immediate_recall": 0.9}, ["under 0.92"]),
        ({"immediate_recall": 0.925}, ["by the shipped model"]),
        ({"negatives_flagged": 0.2}, ["without a sign"]),
        ({"immediate_recall": None}, ["nothing immediate"]),
        ({"found": {"minor": 0.86, "distress": 0.9, "third_party": 0.9}}, ["`minor`"]),
        ({"found": {"minor": 0.88, "distress": 0.88, "third_party": 0.1}}, []),
        ({"found": {"minor": 0.95}}, ["`distress`"]),
    ],
)
def test_bars(changed, told):
    found = {"minor": 0.9, "distress": 0.9, "third_party": 0.9}
    good = Figures(immediate_recall=0.96, negatives_flagged=0.05, signs_found=None, flags_right=None, found=found)
    lines = list(broken_bars("x", good.model_copy(update=changed), good))
    assert len(lines) == len(told)
    assert all(word in line for word, line in zip(told, lines, strict=True))


def test_dismissals_do_not_raise_the_thresholds(small):
    """What was dismissed had been flagged: as a sample of what shows nothing it would silence the reader."""
    rows = list(read_rows(training_files(small)))
    shown = [row for row in rows if row.signals]
    dismissed = [replace(row, signals=frozenset(), urgency="none", writer="decided", judges=False) for row in shown]
    made = fit([*rows, *dismissed])
    fair = {name: scores[: len(rows)] for name, scores in made.left_out.items()}
    assert made.fitted.thresholds == choose_thresholds(rows, fair)
    assert made.fitted.urgency_thresholds == choose_steps(rows, fair)
    judging = [*rows, *(replace(row, judges=True) for row in dismissed)]
    assert choose_thresholds(judging, made.left_out)["distress"] > made.fitted.thresholds["distress"]


def test_a_signal_is_not_learnt_from_where_it_is_unsaid():
    rows = [
        Labelled("x", "ad", frozenset({"recruitment"}), "soon", "w", unsaid=frozenset({"minor", "third_party"})),
        Labelled("x", "post", frozenset(), "none", "w", unsaid=frozenset({"minor"})),
        Labelled("x", "ad", frozenset(), "none", "w"),
    ]
    used = {name: own.tolist() for name, (own, _) in tasks_of(rows).items()}
    assert (used["minor"], used["third_party"]) == ([False, False, True], [False, False, True])
    assert used["recruitment"] == used["distress"] == used["immediate"] == [True, True, True]
    assert [row.shows_nothing for row in rows] == [False, False, True]


def test_what_a_training_that_was_killed_left_goes_after_a_day(tmp_path):
    now = datetime.now(UTC)
    old, running, own = (tmp_path / f".{name}.partial" for name in ("old", "running", "own"))
    for one in (old, running, own):
        one.mkdir()
        (one / "reader.skops").write_bytes(b"x")
    day_ago = (now - timedelta(days=1, minutes=1)).timestamp()
    os.utime(old, (day_ago, day_ago))
    assert list(emptied(own, now).iterdir()) == []
    assert [path.name for path in sorted(tmp_path.iterdir())] == [own.name, running.name]


@pytest.mark.slow
@pytest.mark.usefixtures("_short_bench")
def test_a_report_holds_the_shipped_model_beside_a_third_one(filled, small):
    other = made_candidate(filled, small)
    put_in_force(filled.settings, InForce(model=name_of(filled.settings, other.version), before=(None,)))
    report = train_candidate(filled, small, gather(filled))
    assert report.beside == other.version
    rows = [json.loads(line) for line in (small / "w22_validation.jsonl").read_text("utf-8").splitlines()]
    gold = [Read(row["id"], row["text"], row["kind"], frozenset(row["signals"]), row["urgency"]) for row in rows]
    shipped = Reader(load_shipped(), load_grid())
    told = figures(gold, [shipped.assess(one.text, one.kind) for one in gold])
    assert report.broken == list(broken_bars("w22_validation", report.sets[0].after, told))
    assert report.broken, "few rows make a poor model"


@pytest.mark.slow
@pytest.mark.usefixtures("_short_bench")
def test_without_a_validation_writer_a_reason_is_needed(filled, small, tmp_path):
    corpora = tmp_path / "corpora"
    shutil.copytree(small, corpora)
    (corpora / "w22_validation.jsonl").unlink()
    assert train_candidate(filled, corpora, gather(filled)).broken == ["no validation writer tells how it does"]


@pytest.mark.slow
@pytest.mark.usefixtures("_short_bench")
def test_a_candidate_learns_the_pattern_and_nothing_of_a_person(filled, small, take, reader):
    waiting = take("ça te tente de grimper la girouette à soir?", "waits")
    with filled.database.writing() as session:
        post = session.scalars(select(Post).where(Post.id == waiting)).one()
        session.add(
            QueueItem(
                id="q-w", post_id=waiting, lane="at_risk", urgency="soon", rank=2, signals=[], same_text=post.same_text,
                created_at=filled.clock(),
            )
        )  # fmt: skip
    shipped = load_shipped().digest
    report = train_candidate(filled, small, gather(filled))
    folder = models_of(filled.settings) / report.version
    fitted = load(folder / MODEL_NAME)
    assert (fitted.version, fitted.digest) == (report.version, report.digest)
    assert (report.learnt, report.held_out) == (64, 16)
    assert report.beside == load_shipped().version
    assert {one.name: one.texts for one in report.sets}["queue"] == 1
    assert load_shipped().digest == shipped
    assert in_force(filled.settings) == InForce(), "a candidate reads nothing"

    new, old = Reader(fitted, load_grid()), Reader(train(small).fitted, load_grid())
    fresh = "heille ça te tente-tu de grimper la girouette avec moi pis mes chums"
    assert new.assess(fresh).signals["recruitment"].score > old.assess(fresh).signals["recruitment"].score + 0.2
    assert any("girouet" in name for name in fitted.space.names), "a word that many voices use is learnt"

    learnt = "\n".join(fitted.space.names)
    for hidden in ("zaft", "aftou", "thiffeau", "hiffe", "eaugue", "0132", "555", "courriel.example"):
        assert hidden not in learnt
    kept = [(folder / CARD_NAME).read_text("utf-8"), (folder / REPORT_NAME).read_text("utf-8"), *as_text(report)]
    for hidden in ("girouette", "brouette", "zaftoune", "Thiffeaugue", PHONE):
        assert not any(hidden in one for one in kept)
    assert "no real post" not in kept[0]
    assert "decided 64" in kept[0]
