"""Each page is kept whole, as soon as it is read, whatever comes fast behind it."""

from __future__ import annotations

import pytest
from crawler_helpers import town_declaration
from sqlalchemy import func, select

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


def counts(store: Store) -> tuple[int, ...]:
    with store.database.reading() as session:
        tables = (Post, Capture, RegisterEntry)
        return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def test_each_page_is_kept_before_the_next_is_looked_at(live_store: Store, board):
    keeper = StoreKeeper(live_store, board)
    assert (keeper.keep(page("a", "b")), counts(live_store)) == (["new", "new"], (2, 2, 1))
    assert (keeper.keep(page("c")), counts(live_store)) == (["new"], (3, 3, 2))
    assert (keeper.keep(page("c, corrigé", "a")), counts(live_store)) == (["edited", "same"], (3, 4, 3))


def test_what_stands_twice_on_a_page_is_an_edit_or_known_the_second_time(live_store: Store, board):
    keeper = StoreKeeper(live_store, board)
    assert keeper.keep(page("a", "b", "a, corrigé", "b")) == ["new", "new", "edited", "same"]
    assert counts(live_store) == (2, 3, 1)


def test_of_a_page_that_cannot_be_kept_nothing_is(live_store: Store, board, monkeypatch):
    keeper = StoreKeeper(live_store, board)
    monkeypatch.setattr(keeper.marks, "write_page", lambda *_given, **_named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        keeper.keep(page("a", "b"))
    monkeypatch.undo()
    assert counts(live_store) == (0, 0, 0)
    assert keeper.keep(page("a", "b")) == ["new", "new"]
