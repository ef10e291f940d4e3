"""When a source no longer brings what it used to: pure rules, and what the newest collection makes of them."""

from __future__ import annotations

import pytest
from crawler_helpers import leave, town_declaration
from sqlalchemy import select

from crawlers.alerting import raise_alerts
from crawlers.health import FIELDS, Filled, found_wrong, missing, silent, watched
from crawlers.sources.declaration import OUT_OF_TIME
from store.alerts import AlertKind, open_alerts, see
from store.intake import take_in
from store.records import PostIn
from store.tables import Run, SourceAlert

ALL = dict.fromkeys(FIELDS, 100)


@pytest.mark.parametrize(
    ("recent", "before", "gone"),
    [
        (Filled(10, {}), Filled(100, ALL), FIELDS),
        (Filled(10, dict.fromkeys(FIELDS, 10)), Filled(100, ALL), ()),
        (Filled(9, {}), Filled(100, ALL), ()),  # too few to tell
        (Filled(10, {}), Filled(29, dict.fromkeys(FIELDS, 29)), ()),
        (Filled(10, {}), Filled(30, {"city": 15}), ("city",)),
        (Filled(10, {}), Filled(30, {"city": 14}), ()),  # never came to most
        (Filled(100, {"city": 10}), Filled(100, {"city": 50}), ()),  # a fifth is left
        (Filled(100, {"city": 9}), Filled(100, {"city": 50}), ("city",)),
        (Filled(0, {}), Filled(0, {}), ()),
    ],
)
def test_fields_that_used_to_come(recent, before, gone):
    assert missing(recent, before) == gone


@pytest.mark.parametrize(
    ("brought", "is_silent"),
    [
        ([0, 0, 0, 5, 5, 5], True),
        ([0, 0, 0, 0, 5, 5, 5], True),
        ([0, 0, 5, 5, 5], False),
        ([0, 0, 0, 5, 5], False),  # too few before
        ([0, 0, 0, 5, 0, 5, 5], False),  # it never brought some always
        ([0, 0, 0, 0, 0, 0], False),
        ([5, 0, 0, 0, 5, 5, 5], False),
        ([], False),
    ],
)
def test_silence(brought, is_silent):
    assert silent(brought) is is_silent


@pytest.fixture
def board(store):
    return leave(store, town_declaration("board"), days=90)


@pytest.fixture
def run(store, board, clock):
    """Have a collection bring posts, an hour after the last one, and return what is found to be wrong."""
    numbers = iter(range(10_000))

    def collect(count: int, *, status: str = "done", message: str = "", **fields: object) -> list[tuple[str, str]]:
        clock.forward(hours=1)
        with store.database.writing() as session:
            row = Run(source_id=board, started_at=clock(), status="running", counts={})
            session.add(row)
            session.flush()
            number = row.id
        clock.forward(minutes=1)
        given = {"author": "lea", "city": "Laval", "posted_at": clock(), "url": "https://b.example/1"} | fields
        named = [f"{next(numbers)}" for _ in range(count)]
        posts = [PostIn.model_validate({"text": f"Mot {name}", "external_id": name, **given}) for name in named]
        take_in(store, board, "collect", [(post, None) for post in posts])
        with store.database.writing() as session:
            row = session.get(Run, number)
            row.status, row.message, row.finished_at = status, message, clock()
            row.counts = {"new": count, "pages": min(1, count)}
            raise_alerts(session, board, [], clock())
        with store.database.reading() as session:
            return [(alert.kind, alert.message) for alert in open_alerts(session, board)]

    return collect


def see_all(store, clock):
    with store.database.writing() as session:
        for alert in open_alerts(session):
            see(session, alert.id, by="merle-01", now=clock())


def test_a_source_that_no_longer_names_authors_is_told_and_not_again_within_a_week_of_being_seen(store, run, clock):
    for _ in range(8):
        assert run(5) == []
    assert run(5, author="") == []  # five posts are too few to tell
    assert run(5, author="") == [(AlertKind.FIELDS, "fields that used to come no longer do: author")]
    see_all(store, clock)
    assert run(5, author="") == []
    clock.forward(days=8)
    assert [kind for kind, _ in run(10, author="")] == [AlertKind.FIELDS]


def test_a_source_that_falls_silent_is_told_once(store, run, clock):
    for _ in range(4):
        run(2)
    assert run(0) == run(0) == []
    assert [kind for kind, _ in run(0)] == [AlertKind.FIELDS]
    run(0)
    with store.database.reading() as session:
        assert len(list(session.scalars(select(SourceAlert)))) == 1
    see_all(store, clock)
    assert run(0) == []


def test_a_collection_that_a_wall_stopped_says_nothing_of_fields_or_silence(store, board, run):
    for _ in range(4):
        run(2)
    for _ in range(3):
        assert run(0, status="stopped") == []
    with store.database.reading() as session:
        assert list(found_wrong(session, board)) == []


def test_pages_that_did_not_change_are_no_silence(store, board, run):
    for _ in range(4):
        run(2)
    for _ in range(3):
        run(0)
        with store.database.writing() as session:
            newest = session.scalars(select(Run).order_by(Run.id.desc()).limit(1)).one()
            newest.counts = newest.counts | {"unchanged": 1}
    with store.database.reading() as session:
        assert list(found_wrong(session, board)) == []


def test_a_source_is_stale_after_three_schedules_and_its_end_is_told_thirty_days_ahead(store, board, clock, run):
    def seen():
        with store.database.reading() as session:
            (one,) = watched(session, clock())
            return one.stale, one.ends_at is not None

    assert seen() == (False, False)
    clock.forward(minutes=180)
    assert seen() == (False, False)
    clock.forward(minutes=1)
    assert seen() == (True, False)
    run(1)
    assert seen() == (False, False)
    clock.forward(days=61)
    with store.database.writing() as session:
        session.add(Run(source_id=board, started_at=clock(), status="running", counts={}))
    assert seen() == (False, True), "one that is being collected is not stale"
    clock.forward(days=40)
    assert seen() == (False, False), "what has no approval is not late"


def test_a_source_that_always_reads_for_as_long_as_it_may_is_not_late(store, board, clock, run):
    def stale() -> bool:
        with store.database.reading() as session:
            (one,) = watched(session, clock())
            return one.stale

    for _ in range(4):
        run(1, status="stopped", message=OUT_OF_TIME)
        assert not stale()
    for _ in range(4):
        run(0, status="stopped", message=OUT_OF_TIME)  # not one page came
    assert stale()
    run(1, status="stopped", message="a CAPTCHA at https://b.example/")
    assert stale()
