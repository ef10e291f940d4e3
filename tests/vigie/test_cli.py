"""The verbs as a person types them: what they print, how they exit, and that nothing is lost or doubled."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from fixtures.town.server import Town
from vigie.main import main

Run = Callable[..., tuple[int, str, str]]


def test_before_set_up_every_verb_says_what_to_do_in_one_line(vigie):
    for words in (["assess"], ["doctor"], ["collect"], ["users", "list"]):
        status, out, err = vigie(*words)
        assert status == 1
        assert out == ""
        assert err.count("\n") == 1
        assert "setup-db" in err


def test_a_setting_that_cannot_be_used_is_named(vigie, monkeypatch):
    monkeypatch.setenv("VIGIE_PORT", "many")
    status, _, err = vigie("setup-db")
    assert status == 2
    assert "VIGIE_PORT" in err
    assert err.count("\n") == 1


def test_an_unknown_verb_or_option_is_bad_usage(vigie):
    assert vigie("dance")[0] == 2
    assert vigie("work", "--steps", "sing")[0] == 2


@pytest.mark.parametrize(
    "verb",
    ["demo", "setup-db", "users", "sources", "collect", "import", "assess", "index", "work", "serve", "search",
     "register", "purge", "train", "evaluate", "export", "evidence", "doctor", "text"],
)  # fmt: skip
def test_every_verb_of_the_contract_has_help(vigie, verb):
    status, out, _ = vigie(verb, "--help")
    assert status == 0
    assert "Usage" in out


@pytest.mark.parametrize(
    "words",
    [["demo"], ["setup-db"], ["users", "add"], ["sources", "add"], ["sources", "approve"],
     ["sources", "list"], ["sources", "check"], ["sources", "suspend"],
     ["collect"], ["import"], ["assess"], ["index"], ["work"], ["serve"], ["search"], ["register", "verify"], ["purge"],
     ["train"], ["evaluate"],
     ["export", "ask"], ["export", "list"], ["export", "run"], ["export", "verify"],
     ["trends", "add"], ["evidence", "show"], ["evidence", "verify"],
     ["evidence", "sheet"], ["doctor"], ["text", "assess"], ["text", "link"],
     ["subjects", "erase"], ["subjects", "unreadable"], ["keys", "rotate"]],
    ids=" ".join,
)  # fmt: skip
def test_help_shows_an_example(vigie, words):
    assert "Example" in vigie(*words, "--help")[1]


def test_an_import_run_twice_loses_and_doubles_nothing_and_keeps_bad_lines_aside(vigie, tmp_path):
    file = tmp_path / "posts.jsonl"
    rows = [{"id": str(n), "text": f"texte numéro {n}"} for n in range(5)]
    file.write_text("\n".join([*map(json.dumps, rows), "not json", '{"id": "x"}']) + "\n", encoding="utf-8")
    assert vigie("setup-db")[0] == 0
    status, out, err = vigie("import", file, "--source", "Forum de quartier")
    assert (status, out) == (1, "5 new, 0 edited, 0 known, 2 refused\n")
    rejects = [json.loads(line) for line in (tmp_path / "posts.jsonl.rejects.jsonl").read_text().splitlines()]
    assert [one["line"] for one in rejects] == [6, 7]
    assert all(one["reason"] for one in rejects)
    assert "rejects" in err
    assert vigie("import", file, "--source", "Forum de quartier")[1] == "0 new, 0 edited, 5 known, 2 refused\n"
    assert vigie("assess")[1] == "5 posts assessed\n"
    assert vigie("index")[1] == "5 changes indexed\n"
    assert vigie("assess")[1] == "0 posts assessed\n"
    status, out, _ = vigie("doctor")
    assert status == 0
    assert "posts: 5" in out


def test_an_engine_that_is_away_is_one_line_and_doctor_tells_the_rest(vigie, tmp_path, monkeypatch):
    """In processes of their own: a test's own logging would hide what the engine's client says on standard error."""
    vigie("setup-db")
    monkeypatch.setenv("VIGIE_INDEX_URL", "http://127.0.0.1:9,http://127.0.0.1:11")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vigie", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    told = run("doctor")
    assert (told.returncode, told.stderr) == (1, "")
    assert "posts: 0\nwaiting to be assessed: 0\n" in told.stdout
    assert "search index: The search engine does not answer.\n" in told.stdout
    assert "register: every entry is as it was written\n" in told.stdout
    indexed = run("index")
    assert (indexed.returncode, indexed.stdout) == (1, "")
    assert indexed.stderr == "vigie: The search engine does not answer.\n"


def test_a_file_that_cannot_be_read_is_bad_usage(vigie, tmp_path):
    vigie("setup-db")
    status, _, err = vigie("import", tmp_path / "absent.csv", "--source", "x")
    assert status == 2
    assert err.count("\n") == 1


def test_nothing_is_asked_of_a_source_before_its_approval(vigie, tmp_path):
    with Town() as town:
        file = tmp_path / "feed.yaml"
        file.write_text(town.declaration("feed"), encoding="utf-8")
        vigie("setup-db")
        status, _, err = vigie("collect", "--source", file)
        assert status == 1
        assert "no approval" in err
        assert town.hits == []
        for name in ("lea", "dominique"):
            vigie("users", "add", name, "--role", "supervisor")
        facts = ("--assessment", "E", "--mandate", "M", "--ground", "G", "--expires", "2999-01-01")
        assert vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", *facts)[0] == 0
        assert vigie("collect", "--source", file)[0] == 1
        assert town.hits == []
        assert vigie("sources", "approve", "bourg-nouvelles", "--as", "dominique")[0] == 0
        assert '"state": "approved"' in vigie("sources", "list", "--json")[1]
        status, out, _ = vigie("collect", "--source", file)
        assert status == 0
        assert "56 new" in out
        assert "56 known" in vigie("collect", "--source", "bourg-nouvelles")[1]


def test_a_debug_run_shows_the_trace(vigie, monkeypatch):
    from store.errors import NotSetUp

    monkeypatch.setattr("sys.argv", ["vigie", "--debug", "assess"])
    with pytest.raises(NotSetUp):
        main()
