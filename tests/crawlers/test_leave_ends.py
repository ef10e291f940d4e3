"""Leave that ends in the middle of a collection: the site's own log holds no request after that moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from crawlers.run import collect
from crawlers.sources.approvals import suspend
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.register import declare
from fixtures.town.server import Town
from store.alerts import AlertKind, open_alerts
from store.errors import SourceNotApproved
from store.store import Store
from store.tables import Approval

pytestmark = pytest.mark.thorough

Approve = Callable[..., str]
_DELAY = 1.0
_UNDER_WAY = 0.6
"""Seconds within which a request that was let go just before may still reach the site; the next comes after more."""


class Ends:
    """Ends the leave once the first page has come in; `at` is when, on the clock of the town's log."""

    def __init__(self, end: Callable[[], float]) -> None:
        self._end = end
        self.at = 0.0

    def __call__(self, pages: int) -> None:
        if pages and not self.at:
            self.at = self._end()


def assert_nothing_after(town: Town, end: Ends) -> None:
    assert end.at, "no page came in"
    asked = [hit.at - end.at for hit in town.hits]
    assert min(asked) < 0, "it had begun"
    assert max(asked) < _UNDER_WAY
    assert len(asked) < 6, "the board has more pages than were asked for"


def test_suspension(town: Town, live_store: Store, approved: Approve):
    identity = approved("board", delay=_DELAY)

    def stop() -> float:
        with live_store.database.writing() as session:
            suspend(session, identity, by="C. D.", why="plainte", now=live_store.clock())
        return time.monotonic()

    end = Ends(stop)
    report = collect(live_store, identity, end)
    assert report.status == "stopped"
    assert f"The source {identity} was suspended on" in report.message
    assert_nothing_after(town, end)
    asked = len(town.hits)
    with pytest.raises(SourceNotApproved, match="was suspended"):
        collect(live_store, identity)
    assert len(town.hits) == asked


def test_expiry(town: Town, live_store: Store, approved: Approve):
    identity = approved("board", delay=_DELAY)

    def soon() -> float:
        with live_store.database.writing() as session:
            row = session.scalars(select(Approval)).one()
            row.expires_at = live_store.clock() + timedelta(seconds=1.2)
        return time.monotonic() + 1.2

    end = Ends(soon)
    report = collect(live_store, identity, end)
    assert report.status == "stopped"
    assert "has an approval that expired on" in report.message
    assert report.new == 25 * report.pages, "what came in before is kept"
    assert_nothing_after(town, end)
    asked = len(town.hits)
    with pytest.raises(SourceNotApproved, match="expired"):
        collect(live_store, identity)
    assert len(town.hits) == asked
    with live_store.database.reading() as session:
        assert [one.kind for one in open_alerts(session, identity)] == [AlertKind.EXPIRED]


def test_a_new_declaration(town: Town, live_store: Store, approved: Approve):
    identity = approved("board", delay=_DELAY)
    told = load_source(town.declaration("board")).model_dump()

    def change() -> float:
        declare(live_store, SourceDeclaration.model_validate({**told, "max_pages": 99}))
        return time.monotonic()

    end = Ends(change)
    report = collect(live_store, identity, end)
    assert (report.status, "declared anew" in report.message) == ("stopped", True)
    assert_nothing_after(town, end)
