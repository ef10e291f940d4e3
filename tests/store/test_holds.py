"""What is held, since when and until when; a hold that was only asked for holds nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.erasure import ended_posts, erase
from store.holds import all_held, held, held_among
from store.intake import take_in
from store.posts import get_post, pasted_for
from store.records import PostIn
from store.tables import LegalHold, Source


@pytest.fixture
def take(store):
    """Take a post in and return its id."""

    def one(key: str, origin: str = "import", **more: object) -> str:
        with store.database.writing() as session:
            if session.get(Source, "forum") is None:
                row = Source(id="forum", title="Forum", kind="forum", declaration={}, digest="d")
                row.created_at = store.clock()
                session.add(row)
        given = PostIn.model_validate({"text": f"un texte {key}", "external_id": key, **more})
        return take_in(store, "forum", origin, [(given, None)])[0][0]

    return one


@pytest.fixture
def hold(store):
    """Write a hold that was granted, unless told otherwise."""

    def one(about: str, kind: str = "post", *, days: int = 30, granted: bool = True) -> str:
        now, identity = store.clock(), f"h-{about}-{kind}"
        row = LegalHold(id=identity, kind=kind, about=about, sealed=b"x", asked_by="u-1", asked_at=now)
        row.ends_at, row.granted_at = now + timedelta(days=days), now if granted else None
        with store.database.writing() as session:
            session.add(row)
        return identity

    return one


def test_it_holds_from_its_grant_to_its_end_or_its_release(store, clock, take, hold):
    asked, granted, released = take("1"), take("2"), take("3")
    hold(asked, granted=False)
    hold(granted)
    gone = hold(released)
    with store.database.writing() as session:
        session.get_one(LegalHold, gone).released_at = store.clock()
    with store.database.reading() as session:
        assert held_among(session, "post", [asked, granted, released], store.clock()) == {granted}
        assert not held(session, "request", granted, store.clock()), "of this kind alone"
    clock.forward(days=30)
    with store.database.reading() as session:
        assert all_held(session, "post", store.clock()) == set()


def test_what_is_held_is_not_erased_whoever_asks(store, clock, take, hold):
    kept, other = take("1"), take("2")
    hold(kept)
    clock.forward(days=8)
    assert erase(store, kept) is False
    assert erase(store, kept, if_expired=True) is False
    assert erase(store, other, if_expired=True) is True
    with store.database.reading() as session:
        assert get_post(session, kept).text == "un texte 1"
        assert ended_posts(session, store.clock()) == [kept]
    clock.forward(days=30)
    assert erase(store, kept, if_expired=True) is True


def test_a_held_request_holds_what_was_pasted_for_it(store, take, hold):
    mine = take("1", origin="paste", provenance={"request 1": "r-un", "where 1": "r-deux"})
    theirs = take("2", origin="paste", provenance={"request 1": "r-deux"})
    with store.database.reading() as session:
        assert pasted_for(session, "r-un") == [mine]
    hold("r-un", "request")
    with store.database.reading() as session:
        assert held_among(session, "post", [mine, theirs], store.clock()) == {mine}
