"""`vigie train` for models made here: listing, switching and going back, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from nlp.model_file import MODEL_NAME, load_shipped, save
from pipeline.feedback.candidate import REPORT_NAME
from pipeline.feedback.report import Report
from pipeline.train import corpora_folder, train
from store.clock import system_clock
from store.settings import Settings
from store.store import open_database
from store.tables import RegisterEntry


@pytest.fixture
def candidate(tmp_path: Path, vigie) -> str:
    """A house with a supervisor and an analyst, and a candidate that breaks a bar; its version."""
    assert vigie("setup-db")[0] == 0
    for name, role in (("superviseure", "supervisor"), ("analyste", "analyst")):
        assert vigie("users", "add", name, "--role", role, "--trained", system_clock().date())[0] == 0
    folder = tmp_path / "corpora"
    folder.mkdir()
    for name in ("w2_annonces", "w4_melange", "w5_temoins"):
        lines = (corpora_folder() / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.jsonl").write_text("\n".join(lines[::4]), encoding="utf-8")
    fitted = train(folder).fitted
    made = tmp_path / "data" / "models" / fitted.version
    made.mkdir(parents=True)
    save(fitted, made / MODEL_NAME)
    told = {"version": fitted.version, "digest": fitted.digest, "beside": "x", "learnt": 60, "held_out": 15}
    report = Report(**told, made_at=system_clock(), queue_unread=0, sets=[], broken=["w22: a bar"])
    (made / REPORT_NAME).write_text(report.model_dump_json(), encoding="utf-8")
    return fitted.version


def test_a_supervisor_switches_and_goes_back(candidate, vigie, tmp_path):
    shipped = load_shipped().version
    assert f"* {shipped}: shipped" in vigie("train", "--list")[1]
    code, _, err = vigie("train", "--switch", candidate, "--as", "superviseure")
    assert (code, err.count("\n")) == (1, 1)
    assert "w22: a bar" in err
    code, _, _ = vigie("train", "--switch", candidate, "--as", "analyste", "--why", "je veux")
    assert code == 1
    assert f"* {shipped}" in vigie("train", "--list")[1]
    code, out, _ = vigie("train", "--switch", candidate, "--as", "superviseure", "--why", "essai d'une semaine")
    assert (code, out) == (0, f"{candidate} is in force\n")
    assert f"* {candidate}: learnt from 60 decided posts; a bar is broken" in vigie("train", "--list")[1]
    assert candidate in vigie("doctor")[1]
    assert vigie("train", "--back", "--as", "superviseure")[1] == "the shipped model is in force again\n"
    database = open_database(Settings(data_dir=tmp_path / "data"))
    with database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "model.switched")).all()
    database.close()
    assert [json.loads(row.public)["to"] for row in rows] == [candidate, shipped]
    assert [row.sealed is not None for row in rows] == [True, False]
    assert "essai" not in rows[0].public


def test_too_few_decisions_are_one_line_and_exit_1(vigie):
    assert vigie("setup-db")[0] == 0
    code, out, err = vigie("train", "--from-decisions")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "0 posts" in err


@pytest.mark.parametrize(
    "words",
    [
        ("--back", "--list"),
        ("--check", "--from-decisions"),
        ("--back",),
        ("--list", "--as", "superviseure"),
        ("--from-decisions", "--why", "essai"),
        ("--list", "--json"),
        ("--from-decisions", "--corpora", "nowhere"),
    ],
)
def test_what_cannot_be_meant_is_bad_usage(vigie, words):
    assert vigie("train", *words)[0] == 2
