"""Three analysts at once, whatever dies or lapses: no item is decided twice, none is lost, the order holds."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from queue_model import House, fill
from sqlalchemy import select

from store.tables import Decision, Post, QueueItem, RegisterEntry, Skip
from triage_api.queue.listing import listing

pytestmark = pytest.mark.thorough


@pytest.fixture
def house(desk, make_person, clock):
    return House(desk, [make_person("analyst", name=f"analyste-{number}") for number in range(3)], clock)


@pytest.mark.team_slow
def test_a_short_day(house):
    fill(house.desk, 24)
    house.work(seed=1)
    check(house, 24)


@pytest.mark.slow
def test_five_hundred_items(house):
    fill(house.desk, 500)
    house.work(seed=7)
    check(house, 500)
    assert house.told["died"] > 20
    assert house.told["handed"] > 20
    assert house.told["undone"] > 10


def check(house: House, count: int) -> None:
    assert house.wrong == []
    with house.desk.store.database.reading() as session:
        items = {row.id: row for row in session.scalars(select(QueueItem))}
        decisions = list(session.scalars(select(Decision).order_by(Decision.id)))
        entries = list(session.scalars(select(RegisterEntry).order_by(RegisterEntry.n)))
        skips = Counter(session.scalars(select(Skip.item_id)))
        posts = {row.id: row for row in session.scalars(select(Post))}
    standing = Counter(row.item_id for row in decisions if row.undone_at is None)
    assert len(items) == count
    assert set(standing.values()) <= {1}, "none is decided twice"
    decided = {key for key, row in items.items() if row.status == "decided"}
    assert decided == set(standing), "what is decided has the one decision that stands"
    left = set(items) - decided
    assert {items[key].status for key in left} <= {"open"}
    assert all(skips[key] == len(house.people) for key in left), "what is left, everybody passed over"
    shown = {one.id for one in listing(house.desk, house.people[0], limit=200).items}
    assert left <= shown, "and it stands in the list still"
    told = Counter((row.event, json.loads(row.public)["item"]) for row in entries if row.event.startswith("decision."))
    made = Counter(row.item_id for row in decisions)
    undone = Counter(row.item_id for row in decisions if row.undone_at is not None)
    assert {key: n for (event, key), n in told.items() if event == "decision.made"} == dict(made)
    assert {key: n for (event, key), n in told.items() if event == "decision.undone"} == dict(undone)
    for row in decisions:
        if row.undone_at is None:
            assert (posts[row.post_id].expires_at is None) == (row.verdict == "refer")
