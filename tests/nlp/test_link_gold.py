"""Campaigns written from the contract alone: gold2 before the linker was read, the others before they were run once.

Figures of the first runs, before anything was mended for them: gold2 (152 rows, changes easy to middling) P 0.90 R 0.98
F1 0.94; gold3 (57 rows) P 0.86 R 1.00 F1 0.92, all false pairs being blocks that boards paste; gold4 (34 rows, reworded
throughout, singles made to mislead) P 0.90 R 0.75 F1 0.82, for which nothing was changed: a newer background of
word frequencies takes it to 0.76.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from nlp.link import LinkRow, Seen, Stay, link, movement

HERE = Path(__file__).parent


def pairs_of(groups: dict[str, str | None]) -> set[tuple[str, str]]:
    return {(a, b) for a, b in combinations(sorted(groups), 2) if groups[a] is not None and groups[a] == groups[b]}


@pytest.mark.parametrize(("name", "bar"), [("link_gold2", 0.95), ("link_gold3", 0.9), ("link_gold4", 0.7)])
def test_pairs_of_the_gold_sets(name: str, bar: float) -> None:
    rows = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text("utf-8").splitlines()]
    results = link(
        LinkRow(row["id"], row["text"], datetime.fromisoformat(row["posted_at"]), row["city"]) for row in rows
    )
    found = pairs_of({str(one.id): one.campaign for one in results})
    gold = pairs_of({row["id"]: row["group"] for row in rows})
    score = 2 * len(found & gold) / (len(found) + len(gold))
    assert score >= bar, (sorted(found - gold), sorted(gold - found))


OWN = (
    "Je garde des enfants le soir, rue des Érables",
    "Divan gris à donner, deux coussins",
    "Serveuse de nuit, casse-croûte",
)


@pytest.mark.parametrize(
    "block",
    [
        "Annonce relue par l'équipe Petitpont. Méfiez-vous des arnaques, rencontrez en public.",
        "This listing was reviewed by Petitpont. Beware of scams, meet somewhere public.",
    ],
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_block_that_a_board_pastes_joins_no_strangers(block: str, where: str) -> None:
    texts = [f"{block} {own}" if where == "before" else f"{own}. {block}" for own in OWN]
    assert {one.campaign for one in link(LinkRow(number, text) for number, text in enumerate(texts))} == {None}


def test_a_half_that_is_translated_is_no_block() -> None:
    shared = "On part à Calgary mardi, hôtel réglé, tu gardes la moitié, demande Steeve."
    one, two = f"{shared} Ton linge et ton cellulaire sont fournis", f"{shared} Your clothes and your phone are on us"
    assert None not in {each.campaign for each in link([LinkRow(1, one), LinkRow(2, two)])}


START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(*stops: tuple[str, int]) -> list[Seen]:
    return [Seen(city, START + timedelta(days=day)) for city, day in stops]


@pytest.mark.parametrize(
    ("stops", "stays"),
    [
        pytest.param([], [], id="none"),
        pytest.param([("Hull", 0)], [("Hull", 0, 0)], id="one post"),
        pytest.param([("Hull", 2), ("Hull", 0)], [("Hull", 0, 2)], id="in any order"),
        pytest.param(
            [("Hull", 0), ("Laval", 3), ("Laval", 4), ("Hull", 7)],
            [("Hull", 0, 0), ("Laval", 3, 4), ("Hull", 7, 7)],
            id="come back to",
        ),
        pytest.param([("Laval", 0), ("Hull", 0)], [("Hull", 0, 0), ("Laval", 0, 0)], id="two at one moment"),
    ],
)
def test_movement(stops: list[tuple[str, int]], stays: list[tuple[str, int, int]]) -> None:
    expected = [Stay(city, START + timedelta(days=first), START + timedelta(days=last)) for city, first, last in stays]
    assert movement(seen(*stops)) == movement(reversed(seen(*stops))) == expected
