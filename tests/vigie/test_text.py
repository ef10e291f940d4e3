"""`vigie text`: the real command in a child process, fed with good rows and hostile ones."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vigie.text import app

Answer = dict[str, Any]
VERBS = ("assess", "entities", "redact", "link", "compare-searches")


def run(
    verb: str, given: bytes | Sequence[Answer], *args: str, folder: Path | None = None
) -> tuple[int, list[Answer], str]:
    """Run a verb; return its exit status, its answers and what it told."""
    raw = given if isinstance(given, bytes) else "".join(json.dumps(row) + "\n" for row in given).encode()
    done = subprocess.run(
        [sys.executable, "-m", "vigie", "text", verb, *args],
        input=raw,
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "VIGIE_DATA_DIR": str(folder or "/nonexistent/vigie"), "PYTHONIOENCODING": "ascii"},
    )
    return (
        done.returncode,
        [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()],
        done.stderr.decode(),
    )


HOSTILE = b"\n".join(
    [
        b'\xef\xbb\xbf{"id": "ok-1", "text": "bonjour"}',
        b"",
        b"not json",
        b"[1, 2]",
        b'{"id": "latin", "text": "caf\xe9"}',
        b'{"id": "missing"}',
        b'{"id": "number", "text": 12}',
        b'{"text": "no id"}',
        b'{"id": null, "text": "no id"}',
        b'{"id": true, "text": "no id"}',
        b'{"id": ["a"], "text": "no id"}',
        b"[" * 20_000,
        b'{"id": "digits", "text": ' + b"9" * 5_000 + b"}",
        json.dumps({"id": "long", "text": "a" * 1_000_001}).encode(),
        b'{"id": "huge", "text": "' + b"a" * 17_000_000 + b'"}',
        b'{"id": 7, "text": "nul \\u0000 and half \\ud83d surrogate \\ud83d\\ude00", "unknown": {"field": 1}}',
        b'{"id": "last", "text": ""}',
    ]
)


@pytest.fixture(scope="module")
def hostile() -> tuple[int, list[Answer], str]:
    return run("redact", HOSTILE)


def test_every_row_is_answered_in_order(hostile: tuple[int, list[Answer], str]) -> None:
    status, answers, told = hostile
    assert status == 1
    assert [(one["id"], one.get("line")) for one in answers] == [
        ("ok-1", None),
        (None, 3),
        (None, 4),
        ("latin", 5),
        ("missing", 6),
        ("number", 7),
        (None, 8),
        (None, 9),
        (None, 10),
        (None, 11),
        (None, 12),
        (None, 13),
        ("long", 14),
        (None, 15),
        (7, None),
        ("last", None),
    ]
    assert told.splitlines() == ['13 rows could not be used; each says why in "error".']


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (3, "the line is not JSON"),
        (4, "the line is not a JSON object"),
        (5, "the line is not UTF-8"),
        (6, "text: Field required"),
        (7, "text: Input should be a valid string"),
        (8, "id: Field required"),
        (10, "id: must be a string or a whole number"),
        (12, "the line is not JSON"),
        (14, "text: the text is over 1,000,000 characters"),
        (15, "the line is over 16,000,000 bytes"),
    ],
)
def test_an_unusable_row_says_why(hostile: tuple[int, list[Answer], str], line: int, says: str) -> None:
    answer = next(one for one in hostile[1] if one.get("line") == line)
    assert answer == {"id": answer["id"], "line": line, "error": says}


def test_what_no_text_may_hold_is_replaced_and_offsets_hold(hostile: tuple[int, list[Answer], str]) -> None:
    answer = next(one for one in hostile[1] if one["id"] == 7)
    assert answer["text"] == "nul \ufffd and half \ufffd surrogate \U0001f600"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_an_example(verb: str) -> None:
    shown = CliRunner().invoke(app, [verb, "--help"])
    assert shown.exit_code == 0
    assert "Example:" in shown.stdout


def test_assess_answers_by_the_contract() -> None:
    text = (
        "Je suis en fugue du foyer de groupe depuis mardi, j'ai 15 ans pis j'ai nulle part où dormir, "
        "texte moi au cinq un quatre 555 zéro un vingt-trois"
    )
    status, answers, _ = run(
        "assess", [{"id": "p1", "text": text, "kind": "post"}, {"id": "p2", "text": "bonne journée"}]
    )
    assert status == 0
    first = answers[0]
    assert list(first)[:4] == ["id", "lang", "urgency", "signals"]
    assert {"counter", "entities", "grid", "model"} <= set(first)
    assert list(first["signals"]) == ["recruitment", "minor", "distress", "third_party"]
    minor = first["signals"]["minor"]
    assert minor["flag"] is True
    assert minor["evidence"]
    for span in minor["evidence"]:
        assert text[span["start"] : span["end"]] == span["text"]
        assert set(span) >= {"start", "end", "text", "criterion", "weight"}
    assert first["entities"]["phones"][0]["value"] == "+15145550123"
    assert not any(signal["flag"] for signal in answers[1]["signals"].values())


def test_assess_takes_only_posts_and_ads() -> None:
    status, answers, _ = run("assess", [{"id": 1, "text": "x", "kind": "video"}, {"id": 2, "text": "x", "kind": None}])
    assert status == 1
    assert answers[0]["error"].startswith("kind: ")
    assert "error" not in answers[1]


def test_entities_have_all_six_kinds() -> None:
    status, answers, _ = run("entities", [{"id": "p1", "text": "Montréal, 17 ans, 120 $, lea@courriel.example"}])
    assert status == 0
    found = answers[0]["entities"]
    assert sorted(found) == ["ages", "cities", "emails", "handles", "phones", "prices"]
    assert found["emails"] == [{"value": "lea@courriel.example", "start": 25, "end": 45}]
    assert found["cities"][0]["value"] == "Montréal"


def test_redact_numbers_by_row_or_over_the_corpus() -> None:
    rows = [{"id": 1, "text": "Karine et Mathieu"}, {"id": 2, "text": "Mathieu et Karine"}]
    _, alone, _ = run("redact", rows)
    _, corpus, _ = run("redact", rows, "--corpus")
    assert [one["text"] for one in alone] == ["[PERSON_1] et [PERSON_2]", "[PERSON_1] et [PERSON_2]"]
    assert [one["text"] for one in corpus] == ["[PERSON_1] et [PERSON_2]", "[PERSON_2] et [PERSON_1]"]
    assert [(one["start"], one["end"], one["type"]) for one in alone[0]["redactions"]] == [
        (0, 6, "PERSON"),
        (10, 17, "PERSON"),
    ]


def test_link_answers_in_input_order_with_errors_in_their_places() -> None:
    contact = "appelle au 514-555-0123"
    rows = [
        {"id": "a", "text": f"une chambre est libre, {contact}", "city": "Laval", "posted_at": "2026-03-01T10:00:00Z"},
        {"id": "b"},
        {"id": "c", "text": "mon chat a fugué deux fois"},
        {"id": "d", "text": f"on cherche des hôtesses, {contact}"},
    ]
    status, answers, _ = run("link", rows)
    assert status == 1
    assert [one["id"] for one in answers] == ["a", "b", "c", "d"]
    assert answers[0]["campaign"] == answers[3]["campaign"]
    assert answers[0]["campaign"].startswith("c-")
    assert answers[0]["because"] == ["phone"]
    assert answers[1] == {"id": "b", "line": 2, "error": "text: Field required"}
    assert answers[2] == {"id": "c", "campaign": None, "because": []}


def test_compare_searches() -> None:
    rows = [
        {"id": "same", "a": {"query": "fugue laval"}, "b": {"query": "Laval FUGUES"}},
        {"id": "bad", "a": {"query": '"fugue'}, "b": {"query": "laval"}},
        {"id": "none", "a": {"query": "fugue"}},
    ]
    status, answers, _ = run("compare-searches", rows)
    assert status == 1
    assert answers[0] == {"id": "same", "relation": "same"}
    assert (answers[1]["id"], answers[1]["line"]) == ("bad", 2)
    assert answers[2]["error"] == "b: Field required"


def test_a_file_is_read_and_the_store_is_never_opened(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "p1", "text": "salut"}', "utf-8")
    status, answers, told = run("entities", b"", str(rows), folder=tmp_path / "data")
    assert (status, answers[0]["id"], told) == (0, "p1", "")
    assert not (tmp_path / "data").exists()


def test_a_missing_file_is_bad_usage(tmp_path: Path) -> None:
    status, answers, told = run("entities", b"", str(tmp_path / "none.jsonl"))
    assert (status, answers) == (2, [])
    assert len(told.splitlines()) == 1


def test_answers_come_while_rows_still_arrive() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "vigie", "text", "entities"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child, child.stdin, child.stdout:
        for number in (1, 2):
            child.stdin.write(json.dumps({"id": number, "text": "salut"}).encode() + b"\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["id"] == number


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "vigie", "text", "entities"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    with child, child.stderr:
        child.stdin.write(b'{"id": 1, "text": "salut"}\n')
        child.stdin.flush()
        child.stdout.readline()
        child.stdout.close()
        child.stdin.write(b'{"id": 2, "text": "salut"}\n' * 1_000)
        child.stdin.close()
        assert child.wait(timeout=60) == 1
        assert b"Traceback" not in child.stderr.read()


def test_a_closed_input_is_told_in_one_line() -> None:
    command = f"{shlex.quote(sys.executable)} -m vigie text entities <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("vigie: Standard input cannot be read")
