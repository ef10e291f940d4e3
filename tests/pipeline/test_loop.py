"""Collecting beside the other steps: what it refuses, and how soon all of it stops."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crawlers.sources.approvals import approve
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.register import declare
from fixtures.town.server import Town
from pipeline.collect import COLLECT, collect_due, collect_now
from pipeline.loop import run_forever
from store.errors import Conflict
from store.store import open_store
from store.tables import Run, Work
from store.work import add_work, give_back, take_work


@pytest.fixture
def town():
    with Town(now=datetime.now(UTC)) as town:
        yield town


@pytest.fixture
def live_store(settings, templates):
    templates.copy_folder(settings.data_dir, database=not settings.database_url)
    store = open_store(settings)  # with the real clock: a child process keeps time beside us
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
    approve(
        live_store,
        declaration.id,
        assessment="E",
        mandate="M",
        ground="LPJ",
        approvers=["A. B.", "C. D."],
        expires_at=end,
    )
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


def approved_board(town, store, **changes):
    told = load_source(town.declaration("board")).model_dump() | {"delay": 0.0} | changes
    declaration = SourceDeclaration.model_validate(told)
    declare(store, declaration)
    end = store.clock() + timedelta(days=1)
    approve(
        store, declaration.id, assessment="E", mandate="M", ground="LPJ", approvers=["A. B.", "C. D."], expires_at=end
    )
    return declaration.id


def test_a_source_is_collected_by_one_worker_at_a_time_also_by_hand(town, live_store):
    source = approved_board(town, live_store, max_pages=2)
    with live_store.database.writing() as session:
        add_work(session, COLLECT, [source], live_store.clock())
        take_work(session, COLLECT, "other", now=live_store.clock(), lease=timedelta(minutes=1), limit=1)
    with pytest.raises(Conflict, match="another worker"):
        collect_now(live_store, source, "me", lambda _: None)
    assert list(collect_due(live_store, "me")) == []
    assert town.hits == []
    with live_store.database.writing() as session:
        give_back(session, COLLECT, "other", [source], live_store.clock())
    assert collect_now(live_store, source, "me", lambda _: None).pages == 2
    assert list(collect_due(live_store, "me")) == [], "its next time is by its schedule"


def test_a_collection_whose_lease_is_lost_ends_and_leaves_it_to_the_other(town, live_store, monkeypatch):
    source = approved_board(town, live_store)
    monkeypatch.setattr("pipeline.collect._RENEW_AFTER", timedelta())

    def lose(pages):
        if pages == 2:
            with live_store.database.writing() as session:
                add_work(session, COLLECT, [source], live_store.clock())
                take_work(session, COLLECT, "other", now=live_store.clock(), lease=timedelta(minutes=9), limit=1)

    with pytest.raises(Conflict, match="took this source over"):
        collect_now(live_store, source, "me", lose)
    with live_store.database.reading() as session:
        work = session.scalars(select(Work).where(Work.kind == COLLECT)).one()
        assert work.owner == "other"
        assert session.scalars(select(Run)).one().status == "failed"
