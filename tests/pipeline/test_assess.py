"""The loops on real text, with the shipped reader and the embedded index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from store.erasure import erase
from store.errors import NotSetUp
from store.index.base import Refusal
from store.index.tantivy import TantivyIndex
from store.outbox import INDEX, announce
from store.posts import ASSESS
from store.tables import AssessmentRow, Decision, Post, QueueItem, User
from store.work import add_work, count_work, dead_letters, revive_work

FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans"


def count(store, table):
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_post_is_read_once_queued_and_announced(store, take, reader):
    take(FUGUE)
    take("À vendre: 4 pneus d'hiver, presque neufs, 200$", "2")
    assert assess_batch(store, reader, "one") == 2
    assert assess_batch(store, reader, "one") == 0
    assert count(store, AssessmentRow) == 2
    with store.database.reading() as session:
        (item,) = session.scalars(select(QueueItem)).all()
        assert "minor" in item.signals
        assert count_work(session, ASSESS) == 0
        assert count_work(session, INDEX) == 2


def test_a_worker_that_lost_its_lease_writes_nothing(store, clock, take, reader, monkeypatch):
    identity = take(FUGUE)
    real = reader.assess

    def slow(text, kind, without):
        clock.forward(seconds=store.settings.lease_seconds + 1)
        with store.database.writing() as session:
            from store.work import take_work

            take_work(session, ASSESS, "two", now=clock(), lease=timedelta(minutes=1), limit=10)
        return real(text, kind, without)

    monkeypatch.setattr(reader, "assess", slow)
    assert assess_batch(store, reader, "one") == 1
    assert count(store, AssessmentRow) == 0
    with store.database.reading() as session:
        assert count_work(session, ASSESS) == 1
        assert session.scalar(select(Post.id)) == identity


def test_a_text_that_breaks_the_reader_is_put_aside_and_stops_nobody(store, clock, take, reader, monkeypatch):
    take("poison", "1")
    take(FUGUE, "2")
    real = reader.assess

    def broken(text, kind, without):
        if text == "poison":
            raise RuntimeError("a text that breaks the reader")
        return real(text, kind, without)

    monkeypatch.setattr(reader, "assess", broken)
    assess_batch(store, reader, "one")
    assert count(store, AssessmentRow) == 1
    assert assess_batch(store, reader, "one") == 0
    clock.forward(minutes=11)
    monkeypatch.undo()
    assert assess_batch(store, reader, "one") == 1
    assert count(store, AssessmentRow) == 2


def test_assessing_again_with_the_same_model_adds_nothing(store, take, reader):
    identity = take(FUGUE)
    assess_batch(store, reader, "one")
    with store.database.writing() as session:
        add_work(session, ASSESS, [identity], store.clock())
    assess_batch(store, reader, "one")
    assert count(store, AssessmentRow) == 1
    assert count(store, QueueItem) == 1


def test_the_index_hears_of_everything_and_of_erasure(store, take, reader, index):
    identity = take(FUGUE)
    assess_batch(store, reader, "one")
    assert drain_batch(store, index, "one") == 1
    assert drain_batch(store, index, "one") == 0
    document = index.get(identity)
    assert document is not None
    assert document.text == FUGUE
    erase(store, identity)
    drain_batch(store, index, "one")
    assert index.get(identity) is None


def test_the_index_learns_what_was_decided(store, take, reader, index):
    identity = take(FUGUE)
    assess_batch(store, reader, "one")
    drain_batch(store, index, "one")
    with store.database.writing() as session:
        session.add(
            User(id="u", name="u", pseudonym="loutre-1", roles=["analyst"], password="x", created_at=store.clock())
        )
        session.flush()
        item = session.scalars(select(QueueItem)).one()
        for verdict in ("watch", "refer"):
            decided = Decision(
                item_id=item.id, post_id=identity, user_id="u", verdict=verdict, criteria=[], sealed=b"r"
            )
            decided.grid, decided.created_at = "1", store.clock()
            session.add(decided)
            session.flush()
        announce(session, [identity], store.clock())
    drain_batch(store, index, "one")
    document = index.get(identity)
    assert (document.verdict, document.version) == ("refer", 2)


def test_work_done_while_the_post_changed_stays_due(store, take, reader, index):
    """The indexer read the post, the post changed, the indexer finished: the change must not be forgotten."""
    identity = take(FUGUE)
    assess_batch(store, reader, "one")

    class Slow:
        def __getattr__(self, name):
            return getattr(index, name)

        def commit(self):
            index.commit()
            erase(store, identity)

    assert drain_batch(store, Slow(), "one") == 1
    assert index.get(identity) is not None
    assert drain_batch(store, index, "one") == 1
    assert index.get(identity) is None


def test_if_the_index_is_away_the_work_is_given_back_at_once(store, take, reader, index):
    take(FUGUE)
    assess_batch(store, reader, "one")
    away = TantivyIndex(store.settings.data_dir / "nowhere")
    with pytest.raises(NotSetUp):
        drain_batch(store, away, "one")
    assert drain_batch(store, index, "two") == 1


def test_what_the_index_never_takes_is_a_dead_letter_and_blocks_nothing(store, take, reader, index):
    bad, good = take(FUGUE, "1"), take(FUGUE + " !!", "2")

    class Picky:
        def __getattr__(self, name):
            return getattr(index, name)

        def put(self, documents):
            index.put([document for document in documents if document.id != bad])
            return [Refusal(bad, "too_sour")]

    assess_batch(store, reader, "one")
    assert drain_batch(store, Picky(), "one") == 2
    assert drain_batch(store, Picky(), "one") == 0
    assert (index.get(bad), index.get(good).id) == (None, good)
    with store.database.writing() as session:
        assert dead_letters(session, INDEX) == {bad: "too_sour"}
        revive_work(session, INDEX, store.clock())
    assert drain_batch(store, index, "one") == 1
    assert index.get(bad) is not None


def test_a_post_that_cannot_be_read_is_tried_again_and_then_buried(store, take, reader, clock):
    take(FUGUE, "1")
    good = take("bonjour la visite", "2")

    class Choking:
        def assess(self, text, kind, without):
            if "fugue" in text:
                raise RuntimeError
            return reader.assess(text, kind, without)

    for _ in range(6):
        assess_batch(store, Choking(), "one")
        clock.forward(minutes=11)
    with store.database.reading() as session:
        assert list(dead_letters(session, ASSESS).values()) == ["RuntimeError"]
        assert session.scalars(select(AssessmentRow.post_id)).all() == [good]


def test_an_adults_ad_without_any_sign_never_queues_and_third_party_alone_neither(store, take, reader):
    take("Chloé, 27 ans, Longueuil. Je reçois seule, sur rendez-vous, textos seulement. 450-555-0142", "1", kind="ad")
    take(
        "Mia, Zoé et Kim, même ligne, notre réceptionniste répond 24h. Laval puis Québec. 514-555-0177", "2", kind="ad"
    )
    assess_batch(store, reader, "one")
    assert count(store, AssessmentRow) == 2
    assert count(store, QueueItem) == 0
    with store.database.reading() as session:
        kept = session.scalars(select(Post.expires_at)).all()
    assert kept == [store.clock() + timedelta(days=7)] * 2
