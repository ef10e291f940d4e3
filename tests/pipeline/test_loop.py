"""Collecting beside the other steps: what it refuses, and how soon all of it stops."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crawlers.sources import SourceDeclaration, approve, declare, load_source
from fixtures.town.server import Town
from pipeline.collect import collect_due
from pipeline.loop import run_forever
from store.settings import Settings
from store.store import open_store, set_up
from store.tables import Run, Work


@pytest.fixture
def town():
    with Town(now=datetime.now(UTC)) as town:
        yield town


@pytest.fixture
def live_store(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", allow_loopback=True, request_delay=0.0)
    set_up(settings)
    store = open_store(settings)
    yield store
    store.database.close()


def test_a_refused_source_is_reported_failed_and_keeps_its_reason(town, live_store):
    declare(live_store, load_source(town.declaration("board")))
    (report,) = collect_due(live_store, "me")
    assert (report.status, report.run_id) == ("failed", None)
    assert "no approval" in str(report)
    with live_store.database.reading() as session:
        work = session.scalars(select(Work)).one()
    assert "no approval" in work.error
    assert work.due_at > live_store.clock()
    assert list(collect_due(live_store, "me")) == []
    assert town.hits == []


def test_other_steps_run_during_a_collection_and_stopping_ends_it_at_once(town, live_store):
    told = load_source(town.declaration("board")).model_dump() | {"delay": 30.0}
    declaration = SourceDeclaration.model_validate(told)
    declare(live_store, declaration)
    end = live_store.clock() + timedelta(days=1)
    approve(live_store, declaration.id, assessment="E", mandate="M", ground="LPJ", approvers=["A. B."], expires_at=end)
    stop, rounds = threading.Event(), []

    def assess() -> int:
        rounds.append(len(town.hits))
        return 0

    todo = {"collect": lambda: sum(1 for _ in collect_due(live_store, "me", stop)), "assess": assess}
    worker = threading.Thread(target=run_forever, args=(todo, stop))
    worker.start()
    deadline = time.monotonic() + 20
    while not (rounds and rounds[-1]) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    asked = time.monotonic()
    worker.join(10)
    assert not worker.is_alive()
    assert time.monotonic() - asked < 3
    assert rounds[-1] >= 1  # a step ran after the first request, the collection being under way
    with live_store.database.reading() as session:
        run, work = session.scalars(select(Run)).one(), session.scalars(select(Work)).one()
    assert (run.status, run.message) == ("stopped", "Vigie was stopped")
    assert work.due_at <= live_store.clock()
