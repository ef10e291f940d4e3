"""A post that its source shows no more goes early unless a person decided; how long an unflagged one stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.retain import purge
from store.gone import found_gone
from store.intake import take_in
from store.posts import get_post
from store.records import PostIn
from store.store import Store
from store.tables import Approval, Decision, Post, QueueItem, User

FLAGGED = "chu en fugue depuis hier, j'ai 15 ans, je sais pas où dormir à soir"
PLAIN = "Vélo de montagne à vendre, 90 $"


def gone(store: Store, *ids: str) -> int:
    with store.database.writing() as session:
        return found_gone(session, store.settings, ids, store.clock())


def post(store: Store, identity: str) -> Post:
    with store.database.reading() as session:
        return get_post(session, identity)


def decide(store: Store, identity: str, verdict: str, days: int | None) -> None:
    """Put a decision in as the queue does."""
    with store.database.writing() as session:
        item = session.scalars(select(QueueItem).where(QueueItem.post_id == identity)).one()
        item.status = "decided"
        if session.get(User, "u") is None:
            session.add(User(id="u", name="u", pseudonym="u", password="", roles=[], created_at=store.clock()))
            session.flush()
        told = {"item_id": item.id, "post_id": identity, "user_id": "u", "verdict": verdict, "criteria": []}
        session.add(Decision(**told, sealed=b"", grid="1", created_at=store.clock()))
        end = None if days is None else store.clock() + timedelta(days=days)
        session.execute(update(Post).where(Post.id == identity).values(expires_at=end))


def test_an_undecided_post_goes_two_days_after_its_deletion(store, clock, take, reader: Reader):
    plain, flagged = take(PLAIN, "1"), take(FLAGGED, "2")
    assess_batch(store, reader, "w", 10)
    assert post(store, flagged).expires_at == clock() + timedelta(days=30)
    assert gone(store, plain, flagged) == 2
    assert gone(store, plain, flagged) == 0
    for identity in (plain, flagged):
        assert post(store, identity).expires_at == clock() + timedelta(days=2)
    clock.forward(days=2.01)
    assert purge(store).posts == 2


def test_a_sooner_end_stays(store, clock, take):
    identity = take(PLAIN)
    clock.forward(days=6)
    gone(store, identity)
    assert post(store, identity).expires_at == clock() + timedelta(days=1)


@pytest.mark.parametrize(("verdict", "days"), [("refer", None), ("watch", 30), ("dismiss", 30)])
def test_what_a_person_decided_stands(verdict, days, store, clock, take, reader: Reader):
    identity = take(FLAGGED)
    assess_batch(store, reader, "w", 10)
    decide(store, identity, verdict, days)
    before = post(store, identity).expires_at
    gone(store, identity)
    assert post(store, identity).gone_at == clock()
    assert post(store, identity).expires_at == before


def test_a_newer_assessment_does_not_put_the_end_off(store, clock, take, reader: Reader):
    identity = take(FLAGGED)
    gone(store, identity)
    assess_batch(store, reader, "w", 10)
    assert post(store, identity).expires_at == clock() + timedelta(days=2)


@pytest.mark.parametrize(("text", "days"), [(PLAIN, 7), (FLAGGED, 30)])
def test_shown_again_it_is_kept_as_long_as_before(text, days, store, clock, take, reader: Reader):
    identity = take(text)
    assess_batch(store, reader, "w", 10)
    gone(store, identity)
    clock.forward(days=1)
    take(text)
    assert post(store, identity).gone_at is None
    assess_batch(store, reader, "w", 10)
    assert post(store, identity).expires_at == clock() + timedelta(days=days)


def test_an_import_does_not_say_that_its_source_shows_it(store, clock, take):
    identity = take(PLAIN)
    gone(store, identity)
    take_in(store, "forum", "import", [(PostIn(text=PLAIN, external_id="1"), None)])
    assert post(store, identity).gone_at == clock()


def test_when_it_was_last_shown_moves_on(store, clock, take):
    identity = take(PLAIN)
    first = clock()
    assert post(store, identity).seen_at == first
    clock.forward(hours=5)
    take(PLAIN)
    assert post(store, identity).seen_at == first + timedelta(hours=5)
    assert post(store, identity).ingested_at == first
    clock.forward(hours=5)
    take(PLAIN + " !")
    assert post(store, identity).seen_at == first + timedelta(hours=10)


def test_what_is_erased_or_quarantined_is_never_gone(store, clock, take):
    identity = take(PLAIN)
    clock.forward(days=8)
    purge(store)
    assert gone(store, identity) == 0
    assert post(store, identity).gone_at is None


@pytest.mark.parametrize(("leave", "days"), [(3, 3), (90, 7), (None, 7)])
def test_the_leave_of_a_source_shortens_how_long_an_unflagged_text_stays(
    leave, days, store, clock, take, reader: Reader
):
    take("premier", "0")
    with store.database.writing() as session:
        told = {"assessment": "E", "mandate": "M", "ground": "G", "approvers": ["A", "B"], "retention_days": leave}
        moments = {"created_at": clock(), "granted_at": clock(), "expires_at": clock() + timedelta(days=90)}
        session.add(Approval(source_id="forum", digest="d", **told, **moments))
    identity = take(PLAIN, "1")
    assert post(store, identity).expires_at == clock() + timedelta(days=days)
    assess_batch(store, reader, "w", 10)
    assert post(store, identity).expires_at == clock() + timedelta(days=days)


@pytest.mark.parametrize(
    "other",
    [
        "https://forum.example/p/1?utm_source=liste",
        "https://forum.example/p/1#haut",
        "http://forum.example/p/1",
        "https://forum.example/p/1/",
    ],
)
def test_one_post_under_two_addresses_is_kept_once_by_its_name(other, store, take):
    first = take(PLAIN, "n-1", url="https://forum.example/p/1")
    again = PostIn(text=PLAIN, external_id="n-1", url=other)
    assert take_in(store, "forum", "collect", [(again, None), (again, None)]) == [(first, "same")] * 2
    with store.database.reading() as session:
        assert len(session.scalars(select(Post)).all()) == 1
