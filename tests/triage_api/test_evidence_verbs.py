"""The verbs of evidence: what they print, how they exit, what they enter."""

from __future__ import annotations

import hashlib
import json
from functools import partial

import pytest
import typer
from sqlalchemy import delete, select
from typer.testing import CliRunner

from store.errors import BadInput, NotAllowed, NotFound
from store.evidence.checking import FAULTS
from store.store import open_store
from store.tables import Capture, RegisterEntry
from vigie import evidence
from vigie.console import Console


@pytest.fixture
def run(store, monkeypatch):
    """Run a verb on the test's own store, as a house names its own."""
    for name in ("data_dir", "database_url"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    monkeypatch.setattr("vigie.opening.open_store", partial(open_store, clock=store.clock))
    app = typer.Typer()
    app.callback()(lambda: None)
    evidence.register(app)
    return lambda *words: CliRunner().invoke(app, ["evidence", *map(str, words)], obj=Console())


@pytest.fixture
def posts(town, make_person) -> list[str]:
    make_person("analyst", name="lea.b")
    return [
        town.post(f"Chu en fugue, j'ai 15 ans, mot{number}.", f"{number}", settle=False, origin="collect")
        for number in range(3)
    ]


def spoil(store, identity: str) -> None:
    with store.database.reading() as session:
        path = store.settings.captures / session.scalars(select(Capture.path).where(Capture.post_id == identity)).one()
    path.write_bytes(path.read_bytes()[:-1] + b"\1")


def opened(store) -> list[dict]:
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "evidence.opened"))
        return [json.loads(row.public) for row in rows]


def test_verify_says_what_stands_what_it_does_not_show_and_names_each_fault_in_a_line(run, store, posts):
    told = run("verify", "--all")
    assert (told.exit_code, told.stdout) == (0, "3 captures are as they were kept\n")
    assert "--checkpoint" in told.stderr
    assert run("verify", *posts[:2]).stdout == "2 captures are as they were kept\n"
    spoil(store, posts[1])
    told = run("verify", "--all")
    assert told.exit_code == 1
    (line,) = told.stdout.splitlines()
    assert line.startswith(f"{posts[1]}: version 1: its file was changed")
    assert run("verify", posts[0]).exit_code == 0
    assert run("verify", *posts).stdout == told.stdout
    assert opened(store) == []  # nobody was shown anything


def test_verify_speaks_json_lines(run, store, posts):
    assert [json.loads(line) for line in run("verify", "--all", "--json").stdout.splitlines()] == [
        {"captures": 3, "faults": 0, "unentered": 0}
    ]
    spoil(store, posts[1])
    fault, sums = [json.loads(line) for line in run("verify", posts[1], "--json").stdout.splitlines()]
    assert fault["fault"].startswith(posts[1])
    assert sums == {"captures": 1, "faults": 1, "unentered": 0}


def test_verify_needs_posts_or_all_and_a_post_that_was_kept(run, posts):
    for words in (["verify"], ["verify", posts[0], "--all"]):
        assert isinstance(run(*words).exception, BadInput)
    told = run("verify", "p-nulle-part").exception
    assert isinstance(told, NotFound)
    assert "p-nulle-part" in told.message


def test_show_tells_digests_and_paths_and_is_an_entry(run, store, posts):
    told = run("show", posts[0], "--as", "lea.b")
    assert told.exit_code == 0
    with store.database.reading() as session:
        row = session.scalars(select(Capture).where(Capture.post_id == posts[0])).one()
    assert f"  sha256: {row.sha256}" in told.stdout
    assert f"  path: {row.path}" in told.stdout
    assert "  stands" in told.stdout
    assert "fugue" not in told.stdout
    assert json.loads(run("show", posts[0], "--as", "lea.b", "--json").stdout)["captures"][0]["path"] == row.path
    assert [entry["via"] for entry in opened(store)] == ["command line"] * 2


def test_show_of_what_does_not_stand_says_why_and_exits_with_1(run, store, posts):
    spoil(store, posts[0])
    told = run("show", posts[0], "--as", "lea.b")
    assert told.exit_code == 1
    assert "  fault: its file was changed" in told.stdout
    with store.database.writing() as session:
        session.execute(delete(Capture).where(Capture.post_id == posts[1]))
    assert "capture 1 is gone" in run("show", posts[1], "--as", "lea.b").stdout


def test_whoever_may_not_read_posts_is_shown_nothing(run, store, posts, make_person, tmp_path):
    make_person("auditor", name="verif")
    assert isinstance(run("show", posts[0], "--as", "verif").exception, NotAllowed)
    refused = run("sheet", posts[0], "--as", "verif", "--out", tmp_path / "fiche.pdf")
    assert isinstance(refused.exception, NotAllowed)
    assert not (tmp_path / "fiche.pdf").exists()
    assert opened(store) == []


def test_a_sheet_is_written_once_and_its_digest_is_told_and_entered(run, store, posts, tmp_path):
    file = tmp_path / "fiche.pdf"
    told = run("sheet", posts[0], "--as", "lea.b", "--out", file, "--lang", "en")
    assert told.exit_code == 0
    assert file.read_bytes().startswith(b"%PDF-")
    (entry,) = opened(store)
    assert entry["digest"] in told.stdout
    again = run("sheet", posts[0], "--as", "lea.b", "--out", file)
    assert isinstance(again.exception, BadInput)
    data = tmp_path / "fiche.json"
    assert run("sheet", posts[0], "--as", "lea.b", "--out", data).exit_code == 0
    told = json.loads(data.read_text("utf-8"))
    assert told["post"] == posts[0]
    digest = told.pop("digest")
    assert digest == opened(store)[-1]["digest"]
    again = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))  # as docs/evidence.md has it
    assert hashlib.sha256(again.encode()).hexdigest() == digest


@pytest.mark.parametrize(
    "words", [["--out", "fiche.txt"], ["--out", "nulle/part/fiche.pdf"], ["--out", "f.pdf", "--lang", "de"]]
)
def test_a_sheet_that_cannot_be_written_is_no_entry(run, store, posts, words):
    assert isinstance(run("sheet", posts[0], "--as", "lea.b", *words).exception, BadInput)
    assert opened(store) == []


def test_both_languages_have_words_for_every_fault():
    from triage_api.shell.languages import LANGS, has

    assert not [(lang, code) for lang in LANGS for code in FAULTS if not has(lang, f"facts.fault_{code}")]
