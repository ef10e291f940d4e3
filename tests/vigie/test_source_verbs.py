"""The verbs of sources as people type them: each acts under their own account, and is told what is still missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.town.server import Town

Run = Callable[..., tuple[int, str, str]]
FACTS = ("--assessment", "EFVP-12", "--mandate", "M-3", "--ground", "LPJ 2.3", "--expires", "2999-06-30")


@pytest.fixture
def feed(vigie: Run, tmp_path: Path):
    """Set up a store with the town's feed declared, two supervisors and an analyst."""
    with Town() as town:
        file = tmp_path / "feed.yaml"
        file.write_text(town.declaration("feed"), encoding="utf-8")
        assert vigie("setup-db")[0] == 0
        for name, role in (("lea", "supervisor"), ("dominique", "supervisor"), ("camille", "analyst")):
            assert vigie("users", "add", name, "--role", role, "--trained", "2026-01-05")[0] == 0
        assert vigie("sources", "add", file)[0] == 0
        yield town


def refused(told: tuple[int, str, str], words: str, status: int = 1) -> None:
    assert (told[0], told[1], told[2].count("\n")) == (status, "", 1), told
    assert words in told[2]


def test_two_people_approve_and_one_suspends(vigie: Run, feed: Town):
    name = "bourg-nouvelles"
    refused(vigie("sources", "approve", name, "--as", "lea"), "Nothing waits for bourg-nouvelles: give", 2)
    refused(vigie("sources", "approve", name, "--as", "lea", *FACTS[:4]), "ground", 2)
    refused(vigie("sources", "approve", name, "--as", "camille", *FACTS), "Your role does not enter here")
    refused(vigie("sources", "approve", "nulle-part", "--as", "lea", *FACTS), "No source is declared", 2)
    status, out, _ = vigie("sources", "approve", name, "--as", "lea", *FACTS)
    assert status == 0
    assert out.splitlines() == [
        "bourg-nouvelles has an approval that waits for its second approver",
        "still missing: a second supervisor's `vigie sources approve bourg-nouvelles --as NAME`",
    ]
    refused(vigie("collect", "--source", name), "waits for its second approver: no request was sent")
    refused(vigie("sources", "approve", name, "--as", "lea"), "Somebody else does this")
    other = vigie("sources", "approve", name, "--as", "dominique", "--mandate", "M-4")
    refused(other, "What waits says --mandate M-3", 2)
    status, out, _ = vigie("sources", "approve", name, "--as", "dominique", *FACTS)
    assert (status, out) == (0, "bourg-nouvelles may be collected until 2999-06-30\n")
    refused(vigie("sources", "suspend", name, "--as", "camille", "--why", "x"), "Your role does not enter here")
    refused(vigie("sources", "suspend", name, "--as", "lea", "--why", " "), "why", 2)
    status, out, _ = vigie("sources", "suspend", name, "--as", "lea", "--why", "Plainte", "--json")
    assert (status, json.loads(out)["state"]) == (0, "suspended")
    refused(vigie("collect", "--source", name), "was suspended on")
    refused(vigie("sources", "suspend", name, "--as", "lea", "--why", "x"), "no approval that could be suspended")
    assert feed.hits == []


def test_options_are_named_as_they_were_typed(vigie: Run, feed: Town):
    facts = (*FACTS[:-1], "31/12/2026", "--retention-days", "sept")
    told = vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", *facts)
    refused(told, "--expires cannot be used; --retention-days cannot be used: see", 2)
    assert "answer_bytes 2000000," in vigie("sources", "check", "bourg-nouvelles")[1]


def test_a_change_says_that_it_ended_the_approval(vigie: Run, feed: Town, tmp_path: Path):
    as_approved = tmp_path / "feed.yaml"
    changed = tmp_path / "changed.yaml"
    changed.write_text(as_approved.read_text(encoding="utf-8") + "max_depth: 7\n", encoding="utf-8")
    vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", *FACTS)
    vigie("sources", "approve", "bourg-nouvelles", "--as", "dominique")
    assert "declared anew, which ended its approval; approve it with" in vigie("sources", "add", changed)[1]
    assert vigie("sources", "add", as_approved)[1] == "bourg-nouvelles is declared; its approval holds\n"


def test_the_list_tells_how_each_source_stands(vigie: Run, feed: Town, tmp_path: Path):
    (tmp_path / "posts.jsonl").write_text('{"id": "1", "text": "un texte"}\n', encoding="utf-8")
    assert vigie("import", tmp_path / "posts.jsonl", "--source", "fichiers")[0] == 0
    vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", *FACTS)
    rows = {row["id"]: row for row in map(json.loads, vigie("sources", "list", "--json")[1].splitlines())}
    assert (rows["bourg-nouvelles"]["state"], rows["bourg-nouvelles"]["waiting"]) == ("waiting", True)
    assert {row["state"] for row in rows.values()} == {"waiting", "not_collected"}
    vigie("sources", "approve", "bourg-nouvelles", "--as", "dominique")
    line = next(line for line in vigie("sources", "list")[1].splitlines() if line.startswith("bourg"))
    assert line.endswith("approved  until 2999-06-30")


def test_check_tells_everything_and_sends_nothing(vigie: Run, feed: Town):
    status, out, _ = vigie("sources", "check", "bourg-nouvelles")
    assert status == 1, "something stops it"
    lines = out.splitlines()
    base = feed.sites["feed"].base
    assert lines[0].endswith("nothing was sent")
    assert f"1. GET {base}/robots.txt (rules of the host, before any of its pages)" in lines
    assert any(line.startswith(f"2. GET {base}/rss.xml (start page") for line in lines)
    assert lines[-1] == "stopped: it has no approval: see vigie sources approve"
    assert any(line.startswith("last: at most 2 posts that these pages no longer list") for line in lines)
    vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", *FACTS)
    vigie("sources", "approve", "bourg-nouvelles", "--as", "dominique")
    status, out, _ = vigie("sources", "check", "bourg-nouvelles", "--json")
    told = json.loads(out)
    assert (status, told["stops"], told["approval"]["state"]) == (0, [], "approved")
    assert told["user_agent"].startswith("Vigie/")
    assert len(told["approval"]["approvers"]) == 2
    refused(vigie("sources", "check", "nulle-part"), "No source is declared", 2)
    assert feed.hits == []


def test_alone_where_the_house_lets_one_is_told_and_needs_its_hours(vigie: Run, feed: Town, monkeypatch):
    monkeypatch.setenv("VIGIE_HOUSE_PROFILE", "small")
    monkeypatch.setenv("VIGIE_HOUSE_NAME", "Maison Test")
    out = vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", *FACTS)[1]
    assert "(or yours with --alone WHY, from 20" in out
    early = vigie("sources", "approve", "bourg-nouvelles", "--as", "lea", "--alone", "Seule cette semaine.")
    refused(early, "Somebody else does this, or you alone 24 hours after asking")


@pytest.mark.parametrize("verb", ["add", "list", "check", "approve", "suspend"])
def test_each_verb_shows_an_example(vigie: Run, verb: str):
    assert f"Example: vigie sources {verb}" in " ".join(vigie("sources", verb, "--help")[1].split())
