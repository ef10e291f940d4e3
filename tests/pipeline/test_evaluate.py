"""The evaluation: what it counts, what it says where there is nothing to count, and its verb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlp.reader import Reader
from pipeline.evaluate import evaluate, excerpt
from pipeline.evaluate_tables import as_text
from pipeline.gold import GoldRow
from pipeline.train import corpora_folder
from store.errors import BadInput
from vigie.console import Console
from vigie.main import app

_HELD = GoldRow(
    id="a",
    text="j'ai peur, il garde mon passeport pis y me laisse pas sortir",
    lang="fr",
    signals={"distress": ["garde mon passeport"]},
    urgency="soon",
)
_SOFA = GoldRow(id="b", text="Divan à vendre, 80 $", kind="ad", lang="fr", signals={}, urgency="none")


def _file(tmp_path: Path, *rows: GoldRow) -> str:
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(row.model_dump_json() for row in rows), encoding="utf-8")
    return str(path)


def test_an_evaluation_counts_what_it_should() -> None:
    figures = evaluate(Reader.load(), [_HELD, _SOFA], count=50)
    assert (figures.texts, figures.negatives) == (2, 1)
    assert figures.figures("distress").recall.value == 1
    assert figures.figures("distress", "en").texts == 0
    assert figures.negatives_flagged.value == 0
    assert figures.evidence_overlap.value == 1
    assert figures.macro_f1.value == 1
    assert figures.urgency_confusion[0] == [1, 0, 0, 0]
    assert sum(map(sum, figures.urgency_confusion)) == 2


def test_a_signal_without_positives_has_no_figures_rather_than_nan() -> None:
    figures = evaluate(Reader.load(), [_SOFA], count=20)
    assert figures.macro_f1.value is None
    assert figures.immediate_recall.value is None
    assert figures.figures("minor").f1.value is None
    assert figures.figures("minor").precision.value is None
    told = "\n".join(as_text(figures))
    assert "none" in told
    assert "nan" not in told.lower()
    assert "NaN" not in figures.model_dump_json()


def test_a_missed_sign_and_a_false_alarm_are_told_with_their_text() -> None:
    missed = GoldRow(id="m", text="Il pleut à Laval.", lang="fr", signals={"minor": ["Laval"]}, urgency="routine")
    alarm = _HELD.model_copy(update={"id": "f", "signals": {}, "urgency": "none"})
    figures = evaluate(Reader.load(), [missed, alarm], count=20)
    assert {(one.id, one.signal, one.labelled) for one in figures.worst} >= {
        ("m", "minor", True),
        ("f", "distress", False),
    }
    told = "\n".join(as_text(figures))
    assert "wrongly flagged" in told
    assert "Il pleut à Laval." in told


def test_what_is_read_too_late_stands_before_what_is_read_too_soon() -> None:
    late = GoldRow(id="z", text="Il pleut à Laval.", lang="fr", signals={"minor": ["Laval"]}, urgency="immediate")
    early = _HELD.model_copy(update={"id": "a", "signals": {}, "urgency": "none"})
    figures = evaluate(Reader.load(), [early, _SOFA, late], count=20)
    assert next((one.id, one.labelled, one.read) for one in figures.worst_urgency) == ("z", "immediate", "none")
    assert {one.id for one in figures.worst_urgency} == {"a", "z"}
    assert "too late first" in "\n".join(as_text(figures))


def test_evidence_without_words_counts_nowhere() -> None:
    bare = _HELD.model_copy(update={"signals": {"distress": []}})
    assert evaluate(Reader.load(), [bare], count=20).evidence_overlap.value is None


def test_an_excerpt_moves_no_cursor() -> None:
    assert excerpt("a\x1b[2J\n\tb\u202e" + "c" * 1000) == "a [2J b " + "c" * 82


def test_the_verb_tells_lines_or_one_object(tmp_path: Path) -> None:
    run, gold = CliRunner(), _file(tmp_path, _HELD, _SOFA)
    assert "Example: vigie" in run.invoke(app, ["evaluate", "--help"]).stdout
    told = run.invoke(app, ["evaluate", "--gold", gold, "--json"], obj=Console())
    assert told.exit_code == 0
    assert json.loads(told.stdout)["texts"] == 2
    lines = run.invoke(app, ["evaluate", "--gold", gold], obj=Console()).stdout.splitlines()
    heads = next(line for line in lines if line.startswith("signal "))
    row = next(line for line in lines if line.startswith("distress"))
    assert heads.index("F1") == row.index("1.000 [1.000, 1.000]", heads.index("F1"))


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ([], "Say what to judge by"),
        (["--stream", "posts.jsonl", "--fairness"], "needs the labelled posts"),
        (["--gold", "missing.jsonl"], "cannot be read"),
    ],
)
def test_a_call_that_says_too_little_is_refused(words: list[str], wrong: str) -> None:
    told = CliRunner().invoke(app, ["evaluate", *words], obj=Console())
    assert isinstance(told.exception, BadInput)
    assert wrong in told.exception.message


def test_the_figures_of_a_corpus_are_the_same_twice() -> None:
    lines = (corpora_folder() / "w13_courts.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    rows = [GoldRow.model_validate_json(line) for line in lines]
    reader = Reader.load()
    assert evaluate(reader, rows, count=30) == evaluate(reader, rows, count=30)
