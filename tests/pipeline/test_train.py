from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, load
from nlp.reader import Reader
from nlp.training import Labelled, choose_thresholds, f1
from nlp.types import SIGNALS
from pipeline.card import CARD_NAME, write_card
from pipeline.evaluate import GoldRow, as_json, as_text, evaluate, read_gold
from pipeline.measures import auroc, calibration_error, measured, resamples
from pipeline.train import VALIDATION, corpora_folder, models_folder, read_rows, train, training_files
from store.errors import BadInput
from vigie.console import Console
from vigie.main import app

_LEFT = 60


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first rows of three writers of each kind of text, and of the validation writer."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("w2_annonces", "w4_melange", "w5_temoins", VALIDATION):
        lines = (corpora_folder() / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.jsonl").write_text("\n".join(lines[:: len(lines) // _LEFT]), encoding="utf-8")
    return folder


def test_the_validation_writer_is_never_trained_on() -> None:
    assert VALIDATION not in {path.stem for path in training_files(corpora_folder())}
    assert len(training_files(corpora_folder())) >= 5


def test_training_twice_gives_one_digest_and_a_card(small: Path, tmp_path: Path) -> None:
    first, second = train(small), train(small)
    assert first.fitted.digest == second.fitted.digest
    write_card(first, small, tmp_path)
    assert load(tmp_path / MODEL_NAME).digest == first.fitted.digest
    card = (tmp_path / CARD_NAME).read_text(encoding="utf-8")
    assert first.fitted.digest in card
    assert "never trained on" in card
    assert "must not be used" in card


def test_one_writer_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "w1.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="two writers"):
        train(tmp_path)


def test_the_shipped_card_is_of_the_shipped_model() -> None:
    card = (models_folder() / CARD_NAME).read_text(encoding="utf-8")
    assert load(models_folder() / MODEL_NAME).digest in card
    assert f"grid {load_grid().version}" in card


@pytest.mark.slow
def test_training_gives_the_shipped_model() -> None:
    assert train(corpora_folder()).fitted.digest == load(models_folder() / MODEL_NAME).digest


def test_an_evaluation_counts_what_it_should() -> None:
    rows = [
        GoldRow(
            id="a",
            text="j'ai peur, il garde mon passeport pis y me laisse pas sortir",
            lang="fr",
            signals={"distress": ["garde mon passeport"]},
            urgency="soon",
        ),
        GoldRow(id="b", text="Divan à vendre, 80 $", kind="ad", lang="fr", signals={}, urgency="none"),
    ]
    figures = evaluate(Reader.load(), rows, count=50)
    assert figures.texts == 2
    assert figures.negatives == 1
    assert figures.figures("distress").recall.value == 1
    assert figures.negatives_flagged.value == 0
    assert figures.evidence_overlap.value == 1
    assert sum(map(sum, figures.urgency_confusion)) == 2
    assert json.loads(as_json(figures))["texts"] == 2
    assert any("macro-F1" in line for line in as_text(figures))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [("", "no labelled row"), ('{"id": 1}', ":1 is no labelled row"), ("not json", ":1 is no labelled row")],
)
def test_a_file_that_is_no_gold_is_refused(tmp_path: Path, content: str, wrong: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=wrong):
        read_gold(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_gold(tmp_path / "missing.jsonl")


def test_auroc_and_calibration_are_what_they_are_by_hand() -> None:
    truth = np.array([True, False, True, False])
    scores = np.array([0.9, 0.1, 0.5, 0.5])
    weights = resamples(4, 10)
    assert auroc(weights, truth, scores)[0] == pytest.approx(0.875)
    assert calibration_error(weights, truth, np.array([1.0, 0.0, 1.0, 0.0]))[0] == 0
    assert calibration_error(weights, truth, np.full(4, 0.9))[0] == pytest.approx(0.4)
    assert measured(auroc(weights[:, :1], truth[:1], scores[:1])).value is None


def test_thresholds_keep_the_negatives_under_the_bar() -> None:
    rows = [Labelled("x", "ad", frozenset({"minor"}) if n < 40 else frozenset(), "none", "w") for n in range(100)]
    ranked = np.linspace(0.94, 0.06, 100)
    scores = {name: ranked * (name == "minor") for name in SIGNALS} | {"immediate": np.zeros(100)}
    thresholds = choose_thresholds(rows, scores)
    said = scores["minor"] >= thresholds["minor"]
    assert said[40:].mean() <= 0.09
    assert f1(np.arange(100) < 40, said) > 0.9


def test_rows_carry_their_writer() -> None:
    rows = list(read_rows([corpora_folder() / "w1_ados.jsonl"]))
    assert {row.writer for row in rows} == {"w1_ados"}


def test_the_verbs_say_how_they_are_used(small: Path, tmp_path: Path) -> None:
    run = CliRunner()
    for verb in ("train", "evaluate"):
        told = run.invoke(app, [verb, "--help"])
        assert told.exit_code == 0
        assert "Example: vigie" in told.stdout
    gold = small / f"{VALIDATION}.jsonl"
    told = run.invoke(app, ["evaluate", "--gold", str(gold), "--json"], obj=Console())
    assert told.exit_code == 0
    assert json.loads(told.stdout)["texts"] > 50
    made = run.invoke(app, ["train", "--corpora", str(small), "--out", str(tmp_path)], obj=Console())
    assert made.exit_code == 0
    assert (tmp_path / MODEL_NAME).exists()
