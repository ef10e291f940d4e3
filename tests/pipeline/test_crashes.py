"""kill -9 at random moments, again and again for each loop; what is kept must be what an undisturbed run keeps.

Each loop runs in a forked process group of its own, so that the kill takes its children too; the parent holds no
database connection and no index while it forks.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers.run import collect
from crawlers.sources.approvals import approve
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from fixtures.town.server import Town
from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.loop import worker_name
from store.captures import read_record
from store.index import open_index
from store.index.base import digest
from store.outbox import INDEX
from store.posts import ASSESS
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import AssessmentRow, Capture, Post, QueueItem, Source, Work
from store.work import count_work

pytestmark = pytest.mark.thorough

KILLS = 20
SITES = ("board", "forum", "feed", "timeline")

Loop = Callable[[Store], None]


@pytest.fixture(scope="module")
def town():
    with Town() as one:
        yield one


def prepared(folder: Path, town: Town) -> Settings:
    settings = Settings(data_dir=folder, allow_loopback=True, request_delay=0.0, lease_seconds=1)
    set_up(settings)
    store = open_store(settings)
    for text in town.declarations().values():
        source = load_source(text).model_copy(update={"delay": 0.0})
        declare(store, source)
        end = store.clock().replace(year=store.clock().year + 1)
        approve(store, source.id, assessment="e", mandate="m", ground="g", approvers=["a", "b"], expires_at=end)
    store.database.close()
    return settings


def collect_all(store: Store) -> None:
    with store.database.reading() as session:
        names = sorted(session.scalars(select(Source.id)))
    for name in names:
        report = collect(store, name)
        assert report.status == "done", report


def index_all(store: Store) -> None:
    engine = open_index(store.settings)
    engine.set_up()
    run = worker_name()
    while waiting(store, INDEX):
        if not drain_batch(store, engine, run, 40):
            time.sleep(0.1)  # a killed indexer's lease has not come back yet
    engine.close()


def assess_all(reader: Reader) -> Loop:
    def run(store: Store) -> None:
        while True:
            while assess_batch(store, reader, worker_name(), 16):
                pass
            if not waiting(store, ASSESS):
                return
            time.sleep(0.1)  # a killed worker's lease has not come back yet

    return run


def waiting(store: Store, kind: str) -> int:
    with store.database.reading() as session:
        return count_work(session, kind)


def started(settings: Settings, loop: Loop) -> int:
    """Run a loop in a forked process group of its own; return its process id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()
            store = open_store(settings)
            loop(store)
            store.database.close()
            status = 0
        finally:
            os._exit(status)
    return child


def undisturbed(settings: Settings, loop: Loop) -> float:
    """Let a loop end by itself; return how long it ran."""
    began = time.monotonic()
    _, status = os.waitpid(started(settings, loop), 0)
    assert status == 0, "the loop failed undisturbed"
    return time.monotonic() - began


def killed(settings: Settings, loop: Loop, seconds: float) -> bool:
    """Kill -9 a loop and its children after a while; tell whether it was still at work."""
    child = started(settings, loop)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def disturbed(settings: Settings, loop: Loop, longest: float, kills: int = KILLS) -> None:
    """Kill the loop at random moments, again and again, then let it end; most kills must have met it at work."""
    dice = random.Random(20)
    met = sum(killed(settings, loop, dice.uniform(0.02, longest)) for _ in range(kills))
    assert met >= kills * 3 // 4
    undisturbed(settings, loop)


def posts(settings: Settings) -> dict[str, tuple[object, ...]]:
    store = open_store(settings)
    with store.database.reading() as session:
        rows = session.scalars(select(Post)).all()
        paths = dict.fromkeys(session.scalars(select(Capture.path)))
        kept = {row.id: (row.version, row.digest, row.kind, row.title, row.text, row.author, row.city) for row in rows}
        counted = len(session.scalars(select(Capture.id)).all())
    for path in paths:
        assert read_record((settings.captures / path).read_bytes()).content
    assert counted == len(kept)
    store.database.close()
    return kept


def assessments(settings: Settings) -> dict[str, object]:
    store = open_store(settings)
    with store.database.reading() as session:
        rows = session.scalars(select(AssessmentRow)).all()
        items = sorted((item.same_text, item.urgency, item.lane) for item in session.scalars(select(QueueItem)))
        assert session.scalars(select(Work).where(Work.kind == ASSESS)).all() == []
    store.database.close()
    assert len({row.post_id for row in rows}) == len(rows)
    return {**{row.post_id: (row.urgency, row.flagged, row.body) for row in rows}, "queue": items}


def indexed(settings: Settings) -> dict[str, object]:
    store = open_store(settings)
    with store.database.reading() as session:
        assert session.scalars(select(Work).where(Work.kind == INDEX)).all() == []
    engine = open_index(settings)
    engine.require()
    own = {"version", "seq", "ingested_at"}  # the moment and order of coming in differ from run to run
    found = {}
    for identity, _, _ in digest(engine):
        document = engine.get(identity)
        assert document is not None
        assert identity not in found
        found[identity] = document.model_dump(exclude=own)
    engine.close()
    store.database.close()
    return found


def compared(calm: Settings, rough: Settings, seen: Callable[[Settings], dict[str, object]]) -> None:
    expected, got = seen(calm), seen(rough)
    assert len(expected) > 100
    assert got.keys() == expected.keys()
    assert got == expected


def test_killed_at_any_moment_and_resumed_everything_is_as_if_undisturbed(tmp_path, town, reader):
    calm, rough = prepared(tmp_path / "calm", town), prepared(tmp_path / "rough", town)
    for loop, seen, kills in (
        (collect_all, posts, 10),
        (assess_all(reader), assessments, KILLS),
        (index_all, indexed, KILLS),
    ):
        # A collection begins anew each time; the others go on where they were: small steps, all at work.
        share = 0.3 if loop is collect_all else 1.5 / KILLS
        disturbed(rough, loop, undisturbed(calm, loop) * share, kills)
        compared(calm, rough, seen)


@pytest.mark.slow
def test_collections_killed_thirty_times(tmp_path, town):
    calm, rough = prepared(tmp_path / "calm", town), prepared(tmp_path / "rough", town)
    disturbed(rough, collect_all, undisturbed(calm, collect_all) * 0.4, 30)
    compared(calm, rough, posts)
