"""One alert for one state: what somebody has seen is told again when it changed, or after a day."""

from __future__ import annotations

import pytest
from crawler_helpers import leave, town_declaration

from crawlers.alerting import tell_once
from crawlers.run import collect
from crawlers.sources.approvals import Leave, ask, grant
from store.alerts import AlertKind, open_alerts, see
from store.errors import SourceNotApproved
from store.tables import Run


@pytest.fixture
def board(store):
    return leave(store, town_declaration("board"), hours=1)


@pytest.fixture
def told(store, board, clock):
    """Meet something an hour later; return the open alerts."""

    def one(kind: AlertKind, message: str, **later: float) -> list[str]:
        clock.forward(**(later or {"hours": 1}))
        with store.database.writing() as session:
            tell_once(session, board, kind, message, clock())
            return [alert.message for alert in open_alerts(session, board)]

    return one


def see_all(store, clock):
    with store.database.writing() as session:
        for alert in open_alerts(session):
            see(session, alert.id, by="merle-01", now=clock())


@pytest.mark.parametrize("kind", [AlertKind.ROBOTS, AlertKind.WALL, AlertKind.EXPIRED, AlertKind.TERMS])
def test_what_was_seen_is_not_told_at_each_schedule_but_a_day_later(kind, store, clock, told):
    assert told(kind, "ainsi") == ["ainsi"]
    see_all(store, clock)
    assert [told(kind, "ainsi") for _ in range(23)] == [[]] * 23
    assert told(kind, "ainsi") == ["ainsi"]


def test_another_page_behind_the_same_wall_is_the_same_state_another_problem_of_robots_is_none(store, clock, told):
    told(AlertKind.WALL, "mur à la page 3")
    told(AlertKind.ROBOTS, "answered 503")
    see_all(store, clock)
    assert told(AlertKind.WALL, "mur à la page 4") == []
    assert told(AlertKind.CAPTCHA, "un CAPTCHA") == ["un CAPTCHA"]
    see_all(store, clock)
    assert told(AlertKind.ROBOTS, "answered 404") == ["answered 404"]


def test_it_is_told_anew_once_a_collection_went_well_in_between(store, board, clock, told):
    told(AlertKind.WALL, "mur")
    see_all(store, clock)
    clock.forward(hours=1)
    with store.database.writing() as session:
        session.add(Run(source_id=board, started_at=clock(), finished_at=clock(), status="done", counts={"pages": 3}))
    assert told(AlertKind.WALL, "mur") == ["mur"]


def test_it_is_told_anew_once_the_source_was_approved_again(store, board, clock, told):
    told(AlertKind.TERMS, "changées")
    see_all(store, clock)
    clock.forward(hours=2)
    with store.database.writing() as session:
        until = clock().replace(year=clock().year + 1)
        new = Leave(assessment="E", mandate="M", ground="G", expires_at=until)
        grant(ask(session, board, new, by="A. B.", now=clock()), by="C. D.", now=clock())
    assert told(AlertKind.TERMS, "changées") == ["changées"]


def test_an_expired_leave_is_told_once_although_each_schedule_is_refused(store, board, clock):
    clock.forward(hours=2)
    for _ in range(3):
        with pytest.raises(SourceNotApproved):
            collect(store, board)
        clock.forward(hours=1)
        with store.database.writing() as session:
            alerts = open_alerts(session, board)
        see_all(store, clock)
    assert alerts == []
