"""Several workers share the posts: each post is read exactly once, whoever is killed, on both databases.

VIGIE_TEST_POSTS sets how many posts there are (the slow test: 20,000).
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, insert, select
from twins import Templates

from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.loop import worker_name
from store.errors import DatabaseUnavailable
from store.intake import take_in
from store.posts import ASSESS, post_id, same_text
from store.records import PostIn
from store.settings import Settings
from store.store import Store, open_store
from store.tables import AssessmentRow, Post, QueueItem, Source, Work
from store.work import add_work, count_work

pytestmark = pytest.mark.thorough

WORKERS = 4


@pytest.fixture
def shared(settings: Settings, templates: Templates) -> Settings:
    templates.copy_folder(settings.data_dir, database=not settings.database_url)
    return settings.model_copy(update={"lease_seconds": 3})


def fill(settings: Settings, count: int) -> None:
    """Put posts in that wait to be assessed, many at a time; every fiftieth is a copy of another."""
    store = open_store(settings)
    said, now = written(), store.clock()
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=now))
        session.flush()
        for start in range(0, count, 5000):
            rows = [post(n, said, now) for n in range(start, min(count, start + 5000))]
            session.execute(insert(Post), rows)
            session.execute(insert(Work), [{"kind": ASSESS, "key": row["id"], "due_at": now} for row in rows])
    store.database.close()


def written() -> list[str]:
    folder = Path(__file__).parents[2] / "fixtures" / "corpora"
    return [
        json.loads(line)["text"]
        for path in sorted(folder.glob("w*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


def post(number: int, said: list[str], now: object) -> dict[str, object]:
    text = said[number % len(said)] + ("" if number % 50 == 0 else f" · {number}")
    known = {"source_id": "s", "external_id": str(number), "origin": "import", "kind": "post", "text": text}
    return known | {
        "id": post_id("s", str(number)),
        "ingested_at": now,
        "digest": str(number),
        "same_text": same_text(text),
        "provenance": {},
    }


def started(settings: Settings, reader: Reader) -> int:
    """Start a worker in a forked process; return its process id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store = open_store(settings)
            work_off(store, reader)
            status = 0
        finally:
            os._exit(status)
    return child


def work_off(store: Store, reader: Reader) -> None:
    owner = worker_name()
    while waiting(store):
        if not assess_batch(store, reader, owner):
            time.sleep(0.1)  # what is left is another's, or a killed worker's whose lease has not come back


def waiting(store: Store) -> int:
    with store.database.reading() as session:
        return count_work(session, ASSESS)


def kill_at_random(settings: Settings, reader: Reader, kills: int) -> int:
    """Run the workers to the end, killing one and starting another again and again; return how many kills met work."""
    dice, met = random.Random(3), 0
    running = [started(settings, reader) for _ in range(WORKERS)]
    for _ in range(kills):
        time.sleep(dice.uniform(0.3, 1.2))
        victim = running.pop(dice.randrange(len(running)))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        met += os.WIFSIGNALED(os.waitpid(victim, 0)[1])
        running.append(started(settings, reader))
    for child in running:
        assert os.waitpid(child, 0)[1] == 0
    return met


def check_each_was_read_once(settings: Settings, count: int) -> None:
    store = open_store(settings)
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == count
        assert session.scalar(select(func.count()).select_from(AssessmentRow)) == count
        assert session.scalars(select(Post.revision).distinct()).all() == [1], "a post was kept as read more than once"
        assert count_work(session, ASSESS) == 0
        waits = (
            select(QueueItem.same_text, func.count()).where(QueueItem.status == "open").group_by(QueueItem.same_text)
        )
        assert {number for _, number in session.execute(waits)} == {1}, "copies of one text wait more than once"
    store.database.close()


def test_four_workers_read_each_post_once_although_they_are_killed(shared, reader):
    count = 600
    fill(shared, count)
    met = kill_at_random(shared, reader, 4)
    assert met >= 1
    check_each_was_read_once(shared, count)


@pytest.mark.slow
def test_many_posts(shared, reader):
    if not shared.database_url:
        pytest.skip("one writer at a time: the embedded database is tried with fewer posts above")
    count = int(os.environ.get("VIGIE_TEST_POSTS", "20000"))
    fill(shared, count)
    met = kill_at_random(shared, reader, 20)
    assert met >= 15
    check_each_was_read_once(shared, count)


@pytest.mark.parametrize("twin", ["team"], scope="session")  # SQLite has one writer: nobody waits crosswise
def test_collecting_and_reading_the_same_posts_wait_for_one_another_in_one_order(shared, reader):
    """A page lists posts in another order than their ids'; readers hold them meanwhile."""
    store, failed = open_store(shared), []
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=store.clock()))
    keys = sorted(map(str, range(40)), key=lambda key: post_id("s", key), reverse=True)
    page = [(PostIn(text=f"chu en fugue {key}, j'ai 15 ans", external_id=key), None) for key in keys]
    take_in(store, "s", "collect", page)

    def again(step):
        until = time.monotonic() + 5
        try:
            while time.monotonic() < until and not failed:
                step()
        except DatabaseUnavailable as error:
            failed.append(error.__cause__)

    def read():
        with store.database.writing() as session:
            add_work(session, ASSESS, [post_id("s", key) for key in keys], store.clock())
        assess_batch(store, reader, "one")

    threads = [Thread(target=again, args=(step,)) for step in (lambda: take_in(store, "s", "collect", page), read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.database.close()
    assert failed == []
