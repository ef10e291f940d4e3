"""Pages that come faster than a disk writes are kept together, each whole; others at once."""

from __future__ import annotations

import pytest
from crawler_helpers import town_declaration
from sqlalchemy import func, select

from crawlers import keeping
from crawlers.keeping import Page, StoreKeeper
from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.clock import system_clock
from store.records import CaptureIn, PostIn
from store.store import Store
from store.tables import Capture, Post, RegisterEntry


@pytest.fixture
def board(live_store: Store) -> SourceDeclaration:
    declaration = town_declaration("board")
    declare(live_store, declaration)
    return declaration


def page(*texts: str) -> Page:
    told = {"content_type": "text/html", "response_sha256": "0" * 64, "collector": "x"}
    moment = {"url": "http://b.example/", "fetched_at": system_clock()}
    posts = [(PostIn(text=one, external_id=one[0]), CaptureIn(content=one.encode(), **told, **moment)) for one in texts]
    return Page(posts, "http://b.example/", leads=True)


def count(store: Store, what: type) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_the_first_page_is_kept_at_once_and_the_next_ones_together(live_store: Store, board, monkeypatch):
    monkeypatch.setattr(keeping, "SOON", 3600.0)
    keeper = StoreKeeper(live_store, board)
    assert keeper.keep(page("a", "b")) == ["new", "new"]
    assert (keeper.keep(page("c")), keeper.keep(page("c, corrigé", "a")), keeper.waiting) == ([], [], True)
    assert count(live_store, Post) == 2
    assert keeper.settle() == ["new", "edited", "same"]
    assert (keeper.waiting, keeper.settle()) == (False, [])
    assert (count(live_store, Post), count(live_store, Capture), count(live_store, RegisterEntry)) == (3, 4, 2)


def test_no_page_waits_that_comes_after_a_while_nor_many_posts(live_store: Store, board, monkeypatch):
    monkeypatch.setattr(keeping, "SOON", 0.0)
    keeper = StoreKeeper(live_store, board)
    assert [keeper.keep(page(name)) for name in "abc"] == [["new"]] * 3
    monkeypatch.setattr(keeping, "SOON", 3600.0)
    monkeypatch.setattr(keeping, "_MOST_WAITING", 2)
    assert [keeper.keep(page(name)) for name in "def"] == [[], ["new", "new"], []]


def test_no_page_waits_where_known_ground_may_end_the_walk(live_store: Store, board, monkeypatch):
    monkeypatch.setattr(keeping, "SOON", 3600.0)
    StoreKeeper(live_store, board).marks.end_walk(bounded=False)
    keeper = StoreKeeper(live_store, board)
    assert keeper.marks.ground is not None
    assert [keeper.keep(page(name)) for name in "abc"] == [["new"]] * 3
