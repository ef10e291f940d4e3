"""`/metrics`: each measure moves when its thing moves, the page stays up when something is down, no names are told."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from desk_words import FUGUE
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from crawlers.sources.declaration import OUT_OF_TIME
from pipeline.collect import COLLECT
from store.erasure import erase
from store.errors import IndexUnavailable
from store.index import IndexQuery
from store.outbox import INDEX
from store.posts import ASSESS
from store.tables import QueueItem, RegisterEntry, Run, Source
from store.work import add_work, bury_work, give_back, postpone_work, take_work
from triage_api.app import create_app
from triage_api.shell import measures
from triage_api.shell.watch import Look, Watch

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (-?[0-9.]+)')


def parse(page: str) -> dict[str, float]:
    """Read Prometheus' text format, strictly: each metric once, its HELP, its TYPE, its samples, nothing else."""
    found: dict[str, float] = {}
    name, seen = "", set()
    assert page.endswith("\n")
    for line in page.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in seen
            seen.add(name)
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {name} gauge"
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == name
            assert match[1] + (match[2] or "") not in found
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


@pytest.fixture
def page(browser) -> Callable[[], str]:
    client = browser().client

    def ask() -> str:
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.text

    return ask


@pytest.fixture
def told(page) -> Callable[[], dict[str, float]]:
    return lambda: parse(page())


def test_an_empty_house_tells_zeros(told):
    found = told()
    assert found.pop("vigie_erasure_due_seconds") == 24 * 3600
    up = {name: found.pop(name) for name in ("vigie_database_up", "vigie_register_writable", "vigie_index_up")}
    assert set(up.values()) == {1}
    versions = [name for name in found if name.startswith("vigie_build_info{version=")]
    assert found.pop(versions[0]) == 1
    assert set(found.values()) == {0}
    assert {
        'vigie_queue_items{lane="immediate"}',
        'vigie_dead_letters{kind="index"}',
        'vigie_dead_letters{kind="link"}',
        "vigie_sources",
    } <= set(found)


def test_a_post_is_followed_through_assessing_index_and_queue(told, town, desk, clock, analyst):
    town.post(FUGUE, settle=False)
    clock.forward(minutes=5)
    found = told()
    assert found["vigie_posts_to_assess"] == 1
    assert found["vigie_posts_to_assess_oldest_wait_seconds"] == 300
    assert found["vigie_outbox_lag"] == found["vigie_index_documents"] == found["vigie_searchable_posts"] == 0

    from pipeline.assess import assess_batch

    assess_batch(desk.store, desk.reader, "test")
    clock.forward(minutes=6)  # posts are counted every five minutes
    found = told()
    assert found["vigie_posts_to_assess"] == found["vigie_posts_to_assess_oldest_wait_seconds"] == 0
    assert (found["vigie_outbox_lag"], found["vigie_outbox_oldest_wait_seconds"]) == (1, 360)
    assert (found["vigie_searchable_posts"], found["vigie_index_documents"]) == (1, 0)
    assert found['vigie_queue_items{lane="at_risk"}'] == 1
    assert found['vigie_queue_oldest_wait_seconds{lane="at_risk"}'] == 360

    town.settle()
    assert told()["vigie_index_documents"] == 1
    assert told()["vigie_outbox_lag"] == 0

    with desk.store.database.reading() as session:
        item = session.scalar(select(QueueItem.id))
    assert analyst.api("POST", f"/queue/{item}/claim").status_code == 200
    found = told()
    assert found['vigie_queue_items{lane="at_risk"}'] == 1
    assert found['vigie_queue_oldest_wait_seconds{lane="at_risk"}'] == 0  # somebody reads it
    clock.forward(minutes=31)
    assert told()['vigie_queue_oldest_wait_seconds{lane="at_risk"}'] == (6 + 31) * 60  # the claim has lapsed


def test_the_register_and_erasures_are_told(told, town, desk, clock, analyst):
    post = town.post(FUGUE)
    assert told()["vigie_register_entries"] == 0
    analyst.api("GET", f"/posts/{post}")
    with desk.store.database.reading() as session:
        newest = session.scalar(select(RegisterEntry.n).order_by(RegisterEntry.n.desc()).limit(1))
    assert told()["vigie_register_entries"] == newest > 0
    assert told()["vigie_erasure_wait_seconds"] == 0
    erase(desk.store, post)
    clock.forward(hours=31)
    assert told()["vigie_erasure_wait_seconds"] == 31 * 3600
    assert told()["vigie_searchable_posts"] == 0


def test_dead_letters_are_counted_by_kind(told, desk):
    kinds = {ASSESS: 1, COLLECT: 3, INDEX: 2}
    with desk.store.database.writing() as session:
        for kind, count in kinds.items():
            keys = [f"k-{number}" for number in range(count)]
            add_work(session, kind, keys, desk.store.clock())
            for key in keys:
                bury_work(session, kind, key, "a reason that is not told")
    found = told()
    assert {kind: found[f'vigie_dead_letters{{kind="{kind}"}}'] for kind in kinds} == kinds
    assert found["vigie_outbox_lag"] == found["vigie_posts_to_assess"] == found["vigie_sources_due"] == 0


def test_a_change_waits_from_when_it_was_announced_whoever_tries_meanwhile(told, desk, clock):
    now = clock()
    with desk.store.database.writing() as session:
        add_work(session, INDEX, ["p-1"], now)
        take_work(session, INDEX, "worker", now=now, lease=timedelta(minutes=2), limit=1)
    clock.forward(minutes=1)
    assert (told()["vigie_outbox_lag"], told()["vigie_outbox_oldest_wait_seconds"]) == (1, 60)
    with desk.store.database.writing() as session:
        give_back(session, INDEX, "worker", ["p-1"], clock())
    clock.forward(minutes=4)
    assert told()["vigie_outbox_oldest_wait_seconds"] == 300


def test_collectors_are_told_by_counts_alone(page, desk, clock):
    assert measures.COLLECT == COLLECT
    now = clock()
    with desk.store.database.writing() as session:
        for name, kind in (("secret-board", "board"), ("secret-feed", "feed")):
            session.add(Source(id=name, title=name, kind=kind, declaration={}, digest="d", created_at=now))
        add_work(session, COLLECT, ["secret-board", "secret-feed"], now + timedelta(minutes=10))
        postpone_work(session, COLLECT, "secret-feed", now, "robots.txt forbids https://secret.example")
    found = parse(page())
    assert (found["vigie_sources"], found["vigie_sources_due"], found["vigie_sources_late"]) == (2, 1, 0)
    assert found["vigie_sources_failing"] == 1
    assert not any(name.startswith("vigie_collect_since_success_seconds{") for name in found)

    with desk.store.database.writing() as session:
        for source, status in (("secret-board", "done"), ("secret-feed", "failed")):
            session.add(Run(source_id=source, started_at=now, finished_at=now, status=status, counts={}))
    clock.forward(minutes=35)
    found = parse(page())
    assert (found["vigie_sources_due"], found["vigie_sources_late"]) == (2, 1)
    assert found['vigie_collect_since_success_seconds{kind="board"}'] == 35 * 60
    assert 'vigie_collect_since_success_seconds{kind="feed"}' not in found

    ended = {"source_id": "secret-feed", "started_at": now, "status": "stopped", "message": OUT_OF_TIME}
    with desk.store.database.writing() as session:
        session.add(Run(**ended, finished_at=clock(), counts={"pages": 0}))
    assert 'vigie_collect_since_success_seconds{kind="feed"}' not in parse(page()), "it read nothing in its time"
    with desk.store.database.writing() as session:
        session.add(Run(**ended, finished_at=clock(), counts={"pages": 3}))
    clock.forward(minutes=5)
    assert parse(page())['vigie_collect_since_success_seconds{kind="feed"}'] == 5 * 60
    assert "secret" not in page()


def test_nothing_of_a_search_or_a_person_is_told(page, town, analyst):
    town.post(FUGUE)
    analyst.api("POST", "/searches", json={"query": "fugue", "purpose": "triage", "ground": "mandate"})
    text_ = page()
    for word in ("fugue", "analyst", "Maison", "forum", "p-"):
        assert word not in text_


def test_a_stopped_index_is_told_and_hides_nothing_else(told, town, desk, monkeypatch):
    town.post(FUGUE)
    assert told()["vigie_index_up"] == 1

    def stopped(*_: object) -> None:
        raise IndexUnavailable("The search engine does not answer.")

    monkeypatch.setattr(desk.index, "search", stopped)
    found = told()
    assert found["vigie_index_up"] == 0
    assert "vigie_index_documents" not in found
    assert found["vigie_database_up"] == found['vigie_queue_items{lane="at_risk"}'] == 1


def test_a_stopped_elasticsearch_is_told(make_store, reader):
    """No fake: nothing listens at this address."""
    from store.index import open_index

    store = make_store(index_url="http://127.0.0.1:9")
    index = open_index(store.settings)
    found = values(Watch(store, index))
    index.close()
    assert (found["vigie_index_up"], found["vigie_database_up"]) == (0, 1)


def test_an_index_that_hangs_is_not_waited_for(desk, monkeypatch):
    calls, go_on = [], threading.Event()
    real = desk.index.search

    def hangs(query: IndexQuery) -> object:
        calls.append(query)
        go_on.wait(20)
        return real(query)

    monkeypatch.setattr(desk.index, "search", hangs)
    watch = Watch(desk.store, desk.index, seconds=0.5)
    begun = time.monotonic()
    for _ in range(3):
        found = values(watch)
        assert (found["vigie_index_up"], found["vigie_database_up"]) == (0, 1)
    assert time.monotonic() - begun < 10
    assert len(calls) == 1  # asked once, however often the page is read
    go_on.set()
    assert until(lambda: values(watch)["vigie_index_up"] == 1)


def test_a_database_that_is_away_is_told_and_comes_back(desk, monkeypatch):
    watch = Watch(desk.store, desk.index)
    assert values(watch)["vigie_database_up"] == 1
    away = make_away(desk)
    with monkeypatch.context() as patch:
        patch.setattr(desk.store.database, "_reader", away)
        patch.setattr(desk.store.database, "_writer", away)
        found = values(watch)
    assert found["vigie_database_up"] == found["vigie_register_writable"] == 0
    assert found["vigie_index_up"] == 1
    assert "vigie_outbox_lag" not in found
    assert values(watch)["vigie_database_up"] == 1


def make_away(desk):
    """An engine whose database cannot be opened: no server at the port, no folder for the file."""
    from store.database import Database

    sqlite = desk.store.database.is_sqlite
    return Database("sqlite:////nowhere/vigie.db" if sqlite else "postgresql://vigie@127.0.0.1:9/vigie").engine


def test_a_register_that_cannot_be_written_is_told(make_store, index):
    store = make_store()
    assert values(Watch(store, index))["vigie_register_writable"] == 1
    if store.database.is_sqlite:
        with store.database.writing() as session:  # whoever holds the one write lock and never lets go
            session.execute(text("UPDATE sources SET title = title"))
            found = values(Watch(store, index, seconds=0.5))
    else:
        name = store.database.url.database
        with store.database.writing() as session:
            session.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        store.database.engine.dispose()
        found = values(Watch(store, index))
    assert (found["vigie_register_writable"], found["vigie_database_up"]) == (0, 1)


def test_metrics_are_for_this_machine_only(desk, browser):
    assert browser().client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
    assert browser().client.get("/metrics", headers={"Forwarded": "for=192.0.2.1"}).status_code == 403
    app = create_app(desk.store, desk.reader, desk.index)
    with TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.7", 5000)) as elsewhere:
        assert elsewhere.get("/metrics").status_code == 403


@pytest.mark.parametrize(
    ("chosen", "status"),
    [
        ({}, 200),
        ({"secure_cookies": True}, 403),
        ({"secure_cookies": True, "metrics": True}, 200),
        ({"metrics": False}, 403),
        ({"metrics": True}, 200),
        ({"metrics": "", "secure_cookies": True}, 403),
    ],
)
def test_behind_a_proxy_that_may_set_no_header_metrics_are_told_only_where_chosen(
    make_store, index, reader, chosen, status
):
    """Through such a proxy a stranger's question comes from loopback, with nothing that tells it from Prometheus'."""
    app = create_app(make_store(**chosen), reader, index)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000)) as proxy:
        assert proxy.get("/metrics").status_code == status
        assert proxy.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
        assert proxy.get("/healthz").status_code == 200


def test_labels_are_escaped():
    odd = measures.Measure.by("kind", "vigie_odd", "Odd.", {'a"b\\c\nd': 1.5})
    assert measures.rendered([odd]).splitlines()[2] == r'vigie_odd{kind="a\"b\\c\nd"} 1.5'
    assert len(parse(measures.rendered([odd]))) == 1
    with pytest.raises(AssertionError):
        parse('# HELP vigie_odd Odd.\n# TYPE vigie_odd gauge\nvigie_odd{kind="a"b"} 1\n')


def test_prometheus_own_tool_takes_the_page(page):
    if (promtool := shutil.which("promtool")) is None:
        pytest.skip("no promtool here: apt-get install prometheus")
    command = [promtool, "check", "metrics"]
    checked = subprocess.run(command, input=page(), capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr + checked.stdout


def test_a_question_that_hangs_is_not_asked_again_until_it_is_answered():
    go_on = threading.Event()

    def hangs() -> list[measures.Measure]:
        go_on.wait(20)
        return []

    look = Look(hangs)
    first = look.begin()
    assert look.begin() is first
    go_on.set()
    assert first.result(5) == []
    assert look.begin() is not first


def test_a_mistake_of_ours_is_not_called_an_outage():
    def mistaken() -> list[measures.Measure]:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Look(mistaken).begin().result(5)


def values(watch: Watch) -> dict[str, float]:
    return parse(measures.rendered(watch.measures()))


def until(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
