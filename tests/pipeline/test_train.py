from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, load
from nlp.training import Labelled, choose_thresholds, f1
from nlp.types import SIGNALS
from pipeline import fairness
from pipeline.card import CARD_NAME, write_card
from pipeline.train import (
    SECOND_LABELS,
    corpora_folder,
    models_folder,
    read_rows,
    train,
    training_files,
    validation_files,
)
from store.errors import BadInput
from vigie.console import Console
from vigie.main import app

_LEFT = 60
_UNSEEN = "w6_validation"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first rows of three writers of each kind of text, and of a validation writer."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("w2_annonces", "w4_melange", "w5_temoins", _UNSEEN):
        lines = (corpora_folder() / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.jsonl").write_text("\n".join(lines[:: len(lines) // _LEFT]), encoding="utf-8")
    return folder


@pytest.fixture
def short_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fortieth of the fairness bench, and every carrier's first way of speaking."""
    names, ways, adults = fairness.renderings()
    monkeypatch.setattr(fairness, "renderings", lambda: (names[:80], ways[:10], adults[:10]))


def test_validation_writers_and_second_labels_are_never_trained_on(tmp_path: Path) -> None:
    for name in ("w1_one", "w2_two", "w9_validation", "w22_validation", SECOND_LABELS):
        (tmp_path / f"{name}.jsonl").touch()
    assert [path.stem for path in training_files(tmp_path)] == ["w1_one", "w2_two"]
    assert [path.stem for path in validation_files(tmp_path)] == ["w22_validation", "w9_validation"]


def test_no_shipped_text_is_both_learnt_from_and_held_out() -> None:
    held = {row.text for row in read_rows(validation_files(corpora_folder()))}
    assert len(held) >= 200
    assert held.isdisjoint(row.text for row in read_rows(training_files(corpora_folder())))


@pytest.mark.usefixtures("short_bench")
def test_training_twice_gives_one_digest_and_a_card(small: Path, tmp_path: Path) -> None:
    first, second = train(small), train(small)
    assert first.fitted.digest == second.fitted.digest
    write_card(first, small, tmp_path)
    assert load(tmp_path / MODEL_NAME).digest == first.fitted.digest
    written = (tmp_path / MODEL_NAME).read_bytes()
    write_card(second, small, tmp_path)
    assert (tmp_path / MODEL_NAME).read_bytes() == written
    card = (tmp_path / CARD_NAME).read_text(encoding="utf-8")
    assert first.fitted.digest in card


def test_one_writer_is_not_enough(tmp_path: Path) -> None:
    (tmp_path / "w1.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "w2_validation.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="two writers"):
        train(tmp_path)


def test_the_shipped_card_is_of_the_shipped_model() -> None:
    card = (models_folder() / CARD_NAME).read_text(encoding="utf-8")
    assert load(models_folder() / MODEL_NAME).digest in card
    assert f"grid {load_grid().version}" in card


@pytest.mark.slow
def test_training_gives_the_shipped_model() -> None:
    assert train(corpora_folder()).fitted.digest == load(models_folder() / MODEL_NAME).digest


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


@pytest.mark.usefixtures("short_bench")
def test_the_verb_trains(small: Path, tmp_path: Path) -> None:
    run = CliRunner()
    told = run.invoke(app, ["train", "--help"])
    assert "Example: vigie" in told.stdout
    made = run.invoke(app, ["train", "--corpora", str(small), "--out", str(tmp_path)], obj=Console())
    assert made.exit_code == 0
    assert (tmp_path / MODEL_NAME).exists()
    assert json.dumps(load(tmp_path / MODEL_NAME).digest)[1:-1] in made.stdout
