"""Elasticsearch stops, loses a node or refuses to write: nothing is lost, the lag is shown and drained."""

from __future__ import annotations

import os
import threading
import time

import pytest
from whole_house import collects, within

from nlp.query import parse
from pipeline.rebuild import compare
from store.errors import IndexUnavailable
from store.index import IndexQuery
from store.outbox import INDEX
from store.posts import ASSESS
from triage_api.queue.deciding import decide
from triage_api.queue.listing import listing
from triage_api.queue.models import DecisionIn

pytestmark = pytest.mark.slow
AWAY = float(os.environ.get("VIGIE_TEST_AWAY_SECONDS", "60"))


def test_stopped_for_a_minute_while_posts_come_in_are_read_and_decided(make_house, town, database_url, cluster):
    house = make_house(database_url=database_url, index_url=cluster.url, index_name="vigie-away")
    collects(house, town)
    with house.working("collect", "assess", "index"):
        assert within(60, lambda: house.index.search(IndexQuery()).total > 20)
        cluster.stop_node()
        gone, before = time.monotonic(), house.posts()
        decided = []
        while time.monotonic() - gone < AWAY:
            for item in listing(house.desk, house.analyst, limit=1).items:
                decided.append(
                    decide(house.desk, house.analyst, item.id, DecisionIn(verdict="watch", reason="lu")).post
                )
            house.take(f"chu en fugue depuis {len(decided)} jours, j'ai 15 ans, j'ai peur")
            with pytest.raises(IndexUnavailable):
                house.index.search(IndexQuery())
            time.sleep(1)
        assert house.posts() > before
        assert house.waiting(ASSESS) < 20, "reading goes on"
        assert house.waiting(INDEX) >= len(set(decided)) > 5, "the lag is there to be seen"
        cluster.start_node()
        cluster.wait("yellow")
        assert within(90, house.settled)
    assert not compare(house.store, house.index)
    assert {house.index.get(post).verdict for post in decided} == {"watch"}


def test_an_index_made_read_only_by_a_full_disk_takes_its_work_later(make_house, database_url, cluster):
    """What a node does at its flood stage: every index is closed for writing until somebody makes room."""
    house = make_house(database_url=database_url, index_url=cluster.url, index_name="vigie-full")
    with house.working("assess", "index"):
        house.take("chu en fugue, 15 ans")
        assert within(30, lambda: house.index.search(IndexQuery()).total == 1)
        client = house.index.client
        client.indices.put_settings(
            index=house.index.generation(), settings={"index.blocks.read_only_allow_delete": True}
        )
        house.take(*(f"j'ai fugué {n} fois, j'ai 16 ans" for n in range(20)))
        assert within(30, lambda: house.waiting(ASSESS) == 0)
        time.sleep(3)
        assert house.waiting(INDEX) == 20
        client.indices.put_settings(
            index=house.index.generation(), settings={"index.blocks.read_only_allow_delete": None}
        )
        assert within(60, house.settled)
    assert house.index.search(IndexQuery(query=parse("fugué"))).total >= 20


@pytest.mark.parametrize("cluster", [3], indirect=True)
def test_one_of_three_nodes_is_killed_under_load(record_property, make_house, database_url, cluster):
    house = make_house(database_url=database_url, index_url=",".join(cluster.urls), index_name="vigie-three")
    cluster.wait("green", nodes=3)
    stop, answered, failed = threading.Event(), [], []

    def ask():
        while not stop.is_set():
            try:
                answered.append(house.index.search(IndexQuery(query=parse("fugue"))).total)
            except IndexUnavailable:
                failed.append(time.monotonic())

    asking = threading.Thread(target=ask)
    with house.working("assess", "index"):
        asking.start()
        for n in range(10):
            house.take(*(f"en fugue {n}-{m}, j'ai 15 ans" for m in range(40)))
            if n == 4:
                killed = node_of_primary(house)
                cluster.kill(killed)
                before = len(answered)
        assert within(120, house.settled)
        stop.set()
        asking.join()
    assert len(answered) > before, "searches are answered again with two nodes"
    cluster.start_node(killed)
    cluster.wait("green", nodes=3)
    assert house.index.search(IndexQuery()).total == 400
    assert not compare(house.store, house.index)
    record_property("searches answered", len(answered))
    record_property("searches refused while the cluster chose anew", len(failed))


def node_of_primary(house) -> int:
    rows = house.index.client.cat.shards(index=house.index.generation(), format="json")
    name = next(row["node"] for row in rows if row["prirep"] == "p")
    return int(name.removeprefix("n")) - 1
