"""The simulated queue: who stands first, by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nlp.reader import Reader
from nlp.types import Assessment, Signal, SignalResult, Urgency
from pipeline.gold import GoldRow, PlainRow
from pipeline.stream import as_text, simulate
from vigie.console import Console
from vigie.main import app


def _read(urgency: Urgency, score: float, signal: Signal = "distress") -> Assessment:
    plain = Reader.load().assess("Il neige.")
    return replace(plain, urgency=urgency, signals={**plain.signals, signal: SignalResult(score, urgency != "none")})


def _gold(identity: str, urgency: Urgency) -> GoldRow:
    return GoldRow(id=identity, text=f"texte {identity}", lang="fr", signals={"distress": []}, urgency=urgency)


def _posts(count: int) -> list[PlainRow]:
    return [PlainRow(id=f"p{n}", text=f"autre numéro {'x' * (n + 1)}") for n in range(count)]


def test_urgency_stands_before_score_and_waiting_time_decides_among_equals() -> None:
    gold = [_gold("a", "immediate"), _gold("b", "soon"), _gold("c", "soon")]
    read = [_read("immediate", 0.1), _read("soon", 0.95), _read("none", 0.4)]
    figures = simulate(gold, read, _posts(3), [_read("soon", score) for score in (0.9, 0.8, 0.7)], top=2)
    immediate, soon, both = figures.standings
    assert (immediate.posts, immediate.queued, immediate.first_by_score, immediate.first_expected) == (1, 1, 1, 1)
    assert (soon.posts, soon.queued, soon.first_by_score) == (2, 1, 1)
    assert soon.first_expected == 0.25  # one place left, four who may have waited longest
    assert (both.low, both.high) == (1, 2)
    assert figures.items_by_urgency == {"none": 0, "routine": 0, "soon": 4, "immediate": 1}


def test_copies_of_one_text_are_one_item() -> None:
    copies = [PlainRow(id=name, text="Texte  A!") for name in "xyz"]
    figures = simulate([_gold("a", "soon")], [_read("soon", 0.5)], copies, [_read("soon", 0.5)] * 3)
    assert (figures.items, figures.stream_queued) == (1, 3)
    assert figures.standings[1].first_expected == 1


def test_labelled_copies_of_one_text_are_one_post() -> None:
    gold = [GoldRow(id=name, text="Texte  A!", lang="fr", signals={}, urgency="soon") for name in "ab"]
    soon = simulate(gold, [_read("soon", 0.5)] * 2, _posts(1), [_read("soon", 0.9)], top=1).standings[1]
    assert (soon.posts, soon.queued, soon.first_by_score, soon.first_expected) == (1, 1, 0, 0.5)
    assert (soon.low, soon.high) == (0, 1)


def test_an_ad_run_by_others_alone_takes_no_room() -> None:
    figures = simulate([_gold("a", "soon")], [_read("soon", 0.5)], _posts(5), [_read("soon", 0.9, "third_party")] * 5)
    assert (figures.items, figures.stream_queued) == (1, 0)


@pytest.mark.parametrize("top", [1, 3, 1000])
def test_an_empty_queue_holds_nobody(top: int) -> None:
    figures = simulate([_gold("a", "soon")], [_read("none", 0.1)], _posts(1), [_read("none", 0.1)], top)
    assert figures.items == 0
    assert figures.standings[1].first_expected == 0
    assert "1 (0%)" not in "\n".join(as_text(figures))


def test_the_verb_mixes_a_stream_in(tmp_path: Path) -> None:
    gold, posts = tmp_path / "gold.jsonl", tmp_path / "posts.jsonl"
    row = {
        "id": "a",
        "text": "j'ai peur de lui, il garde mon passeport",
        "lang": "fr",
        "signals": {"distress": ["peur"]},
    }
    gold.write_text(json.dumps(row | {"urgency": "soon"}), encoding="utf-8")
    posts.write_text(json.dumps({"id": "b", "text": "Divan à vendre", "kind": "ad"}), encoding="utf-8")
    words = ["evaluate", "--gold", str(gold), "--stream", str(posts), "--top", "5"]
    told = CliRunner().invoke(app, [*words, "--json"], obj=Console())
    queue = json.loads(told.stdout)["queue"]
    assert (queue["posts"], queue["items"], queue["top"]) == (2, 1, 5)
    assert "first 5, by waiting" in CliRunner().invoke(app, words, obj=Console()).stdout
