"""The loops on real text, with the shipped reader and the embedded index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from store.index import open_index
from store.outbox import lag
from store.posts import ASSESS, erase
from store.tables import AssessmentRow, Post, QueueItem
from store.work import add_work, count_work

FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def index(store):
    engine = open_index(store.settings, writer=True)
    engine.set_up()
    yield engine
    engine.close()


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
        assert lag(session) == 2


def test_a_worker_that_lost_its_lease_writes_nothing(store, clock, take, reader, monkeypatch):
    identity = take(FUGUE)
    real = reader.assess

    def slow(text, kind):
        clock.forward(seconds=store.settings.lease_seconds + 1)
        with store.database.writing() as session:
            from store.work import take_work

            take_work(session, ASSESS, "two", now=clock(), lease=timedelta(minutes=1), limit=10)
        return real(text, kind)

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

    def broken(text, kind):
        if text == "poison":
            raise RuntimeError("a text that breaks the reader")
        return real(text, kind)

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
        add_work(session, ASSESS, identity, store.clock())
    assess_batch(store, reader, "one")
    assert count(store, AssessmentRow) == 1
    assert count(store, QueueItem) == 1


def test_the_index_hears_of_everything_and_of_erasure(store, take, reader, index):
    identity = take(FUGUE)
    assess_batch(store, reader, "one")
    assert drain_batch(store, index) == 1
    assert drain_batch(store, index) == 0
    document = index.get(identity)
    assert document is not None
    assert document.text == FUGUE
    erase(store, identity)
    drain_batch(store, index)
    assert index.get(identity) is None


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
