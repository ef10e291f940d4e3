"""Alerts of sources: one open a kind and source, until somebody has seen it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.alerts import AlertKind, open_alerts, see, tell
from store.errors import NotFound
from store.store import Store
from store.tables import Source


@pytest.fixture
def sources(store: Store) -> list[str]:
    names = ["forum", "journal"]
    with store.database.writing() as session:
        for name in names:
            row = Source(id=name, title=name, kind="forum", declaration={}, digest="d", created_at=store.clock())
            session.add(row)
    return names


def test_what_is_met_again_is_told_once_until_it_is_seen(store: Store, sources: list[str]):
    forum, journal = sources
    start = store.clock()
    with store.database.writing() as session:
        for hours in range(3):
            tell(session, forum, AlertKind.WALL, f"mur {hours}", start + timedelta(hours=hours))
        tell(session, forum, AlertKind.TERMS, "conditions", start + timedelta(hours=5))
        tell(session, journal, AlertKind.WALL, "x" * 2000, start)
    with store.database.reading() as session:
        told = open_alerts(session)
        assert [(one.source_id, one.kind) for one in told] == [
            (forum, "terms"),
            (forum, "wall"),
            (journal, "wall"),
        ]
        wall = open_alerts(session, forum)[1]
        assert (wall.message, wall.at, wall.last_at) == ("mur 2", start, start + timedelta(hours=2))
        assert len(told[2].message) == 500


def test_the_first_who_has_seen_it_stays_and_the_next_time_is_told_anew(store: Store, sources: list[str]):
    start = store.clock()
    with store.database.writing() as session:
        tell(session, sources[0], AlertKind.CAPTCHA, "une fois", start)
    with store.database.writing() as session:
        number = open_alerts(session)[0].id
        see(session, number, by="U-1", now=start + timedelta(hours=1))
        see(session, number, by="U-2", now=start + timedelta(hours=2))
    with store.database.writing() as session:
        assert open_alerts(session) == []
        tell(session, sources[0], AlertKind.CAPTCHA, "encore", start + timedelta(hours=3))
    with store.database.reading() as session:
        (again,) = open_alerts(session)
        assert (again.message, again.at) == ("encore", start + timedelta(hours=3))
    with store.database.writing() as session:
        seen = see(session, number, by="U-3", now=start + timedelta(hours=4))
        assert (seen.seen_by, seen.seen_at) == ("U-1", start + timedelta(hours=1))


def test_an_alert_that_is_not_there_cannot_be_seen(store: Store):
    with pytest.raises(NotFound), store.database.writing() as session:
        see(session, 404, by="U-1", now=store.clock())
