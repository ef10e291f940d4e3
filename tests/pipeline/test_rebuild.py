"""Building the index anew beside the live one: complete, resumable, while others search, write and decide."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from nlp.query import parse
from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.rebuild import bring_up_to_date, compare, erase_thoroughly, rebuild
from store.erasure import THOROUGH, erase
from store.errors import Conflict, IndexUnavailable
from store.index import IndexQuery, open_index
from store.index.base import digest
from store.outbox import INDEX, announce, being_built
from store.tables import Post, Work
from store.work import dead_letters, hasten_work, take_work

TEXTS = [f"chu en fugue depuis {n} jours j'ai 15 ans pis j'ai peur" for n in range(12)]


class Around:
    """An engine with something of its own; what is built beside it has that too."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def beside(self):
        return type(self)(self.inner.beside())


@pytest.fixture
def filled(store, take, reader, index):
    """Twelve posts, read and indexed; return their ids."""
    ids = [take(text, str(n)) for n, text in enumerate(TEXTS)]
    assess_batch(store, reader, "one")
    drain_batch(store, index, "one")
    return ids


def total(index, query=""):
    return index.search(IndexQuery(query=parse(query))).total


def test_a_rebuilt_index_is_what_the_old_one_was(store, index, filled):
    before, old = list(digest(index)), index.generation()
    ticks = []
    assert rebuild(store, index, ticks.append) == 12
    assert (list(digest(index)), ticks[-1]) == (before, 12)
    assert index.generation() != old
    assert not compare(store, index)


def test_comparing_names_what_is_behind_too_many_and_wrong(store, index, filled, take, reader):
    behind, erased, wrong, missing = filled[0], filled[1], filled[2], filled[3]
    document = index.get(wrong)
    index.put([document.model_copy(update={"text": "tout autre chose"})])
    index.remove({missing: document.version + 9})
    index.commit()
    take("chu en fugue depuis hier, changé", "0")
    assess_batch(store, reader, "one")
    erase(store, erased)
    found = compare(store, index)
    assert (found.surplus, found.wrong, found.documents) == ((erased,), (wrong,), 11)
    assert sorted(found.behind) == sorted([behind, missing])


@pytest.mark.parametrize("twin", ["embedded"], scope="session")  # Elasticsearch remembers a removal's version
def test_bringing_up_to_date_adds_what_is_missing_and_touches_nothing_else(store, index, filled):
    index.remove(dict.fromkeys(filled[:5], 10))
    index.commit()
    bring_up_to_date(store, index)
    assert not compare(store, index)


def test_a_rebuild_that_was_stopped_goes_on_where_it_was(store, index, filled, monkeypatch):
    monkeypatch.setattr("pipeline.rebuild._CHUNK", 5)

    class Stopped(Exception):
        pass

    def stop_at_once(_done):
        raise Stopped

    with pytest.raises(Stopped):
        rebuild(store, index, stop_at_once)
    assert total(index) == 12, "the live generation is untouched"
    beside = index.beside()
    assert beside.search(IndexQuery()).total == 5, "what was built is kept"
    beside.close()
    assert rebuild(store, index) == 12
    assert not compare(store, index)


def test_changes_during_a_rebuild_are_in_the_new_generation(store, index, filled, take, reader, monkeypatch):
    monkeypatch.setattr("pipeline.rebuild._CHUNK", 3)
    done = []

    def meanwhile(count):
        if count == 6 and not done:
            erase(store, filled[0])
            take("une autre fugue, 15 ans, ce soir", "new")
            assess_batch(store, reader, "two")
            drain_batch(store, index, "two")
            done.append(total(index))

    rebuild(store, index, meanwhile)
    while drain_batch(store, index, "three"):
        pass
    assert done == [12]
    assert index.get(filled[0]) is None
    assert total(index, "soir") == 1
    assert not compare(store, index)


def test_what_changes_at_the_moment_of_the_swap_is_brought_in_after_it(store, index, filled):
    """An indexer that tells the old generation just before it is replaced: of an erasure, of a change."""

    class Swapping(Around):
        def go_live(self):
            erase(store, filled[0])
            with store.database.writing() as session:
                announce(session, [filled[1]], store.clock())
            drain_batch(store, index, "old")
            self.inner.go_live()

    rebuild(store, Swapping(index))
    assert sorted(compare(store, index).surplus) == [filled[0]]
    while drain_batch(store, index, "new"):
        pass
    assert index.get(filled[0]) is None
    assert not compare(store, index)


def test_searches_are_answered_all_through_a_rebuild(store, index, filled):
    stop, seen, failed = threading.Event(), set(), []
    other = open_index(store.settings)
    other.require()

    def ask():
        while not stop.is_set():
            try:
                seen.add(total(other, "fugue"))
            except Exception as error:  # noqa: BLE001 - told below
                failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(3):
        rebuild(store, index)
    stop.set()
    asking.join()
    other.close()
    assert (seen, failed) == ({12}, [])


def test_an_index_that_cannot_be_made_right_is_not_swapped_in(store, index, filled):
    old = index.generation()

    class Forgetful(Around):
        """An engine that loses one document whatever it is told."""

        def put(self, documents):
            return self.inner.put([document for document in documents if document.id != filled[7]])

    with pytest.raises(IndexUnavailable, match="1 behind"):
        rebuild(store, Forgetful(index))
    assert (index.generation(), total(index)) == (old, 12)


def test_a_thorough_erasure_waits_its_time_and_is_done_once(store, clock, index, filled):
    erase(store, filled[0])
    drain_batch(store, index, "one")
    old = index.generation()
    assert not erase_thoroughly(store, index, "one")
    clock.forward(hours=store.settings.erase_hours, seconds=1)
    assert erase_thoroughly(store, index, "one")
    assert not erase_thoroughly(store, index, "one")
    assert (index.generation() != old, total(index)) == (True, 11)
    erase(store, filled[1])
    assert erase_thoroughly(store, index, "one", now=True)


def test_what_is_erased_during_a_thorough_erasure_asks_for_another(store, clock, index, filled, monkeypatch):
    erase(store, filled[0])
    clock.forward(days=2)
    real = store.database.forget_deleted

    def meanwhile(*, thorough=False):
        erase(store, filled[1])
        real(thorough=thorough)

    monkeypatch.setattr(store.database, "forget_deleted", meanwhile)
    assert erase_thoroughly(store, index, "one")
    monkeypatch.undo()
    assert not erase_thoroughly(store, index, "one"), "not yet due"
    clock.forward(days=2)
    assert erase_thoroughly(store, index, "one")


def test_an_erasure_that_fails_is_tried_again_soon_and_keeps_its_moment(store, clock, index, filled, monkeypatch):
    erase(store, filled[0])
    asked = store.clock()
    clock.forward(hours=store.settings.erase_hours)

    def fail(*_args):
        raise IndexUnavailable("away")

    monkeypatch.setattr("pipeline.rebuild.rebuild", fail)
    with pytest.raises(IndexUnavailable):
        erase_thoroughly(store, index, "one")
    erase(store, filled[1])
    monkeypatch.undo()
    assert not erase_thoroughly(store, index, "one"), "not at once"
    clock.forward(minutes=11)
    with store.database.reading() as session:
        moments = session.scalars(select(Work.key).where(Work.kind == THOROUGH)).all()
    assert [datetime.fromisoformat(moment) for moment in moments] == [asked]
    assert erase_thoroughly(store, index, "one")


def test_a_generation_from_before_a_restore_is_given_up(store, index, filled):
    """The database was restored from a copy: what was being built, and what is live, know more than it does."""
    beside = index.beside()
    newer = index.get(filled[0]).model_copy(update={"version": 99})
    beside.put([newer])
    beside.commit()
    beside.close()
    index.put([newer])
    index.commit()
    assert compare(store, index).wrong == (filled[0],)
    with pytest.raises(IndexUnavailable, match="1 wrong"):
        rebuild(store, index)
    with store.database.reading() as session:
        assert being_built(session) is None
    assert rebuild(store, index) == 12
    assert not compare(store, index)


def test_an_edited_post_is_not_found_until_it_is_read_again(store, index, filled, take, reader):
    """Neither by its old words, which are gone, nor by its new ones under its old labels."""
    take("vente de garage samedi, rue des Lilas", "0")
    drain_batch(store, index, "one")
    assert index.get(filled[0]) is None
    assert not compare(store, index)
    assess_batch(store, reader, "one")
    drain_batch(store, index, "one")
    assert index.get(filled[0]).signals == []
    assert not compare(store, index)


def test_posts_that_come_in_all_the_while_stop_no_rebuild(store, index, filled, take, reader, monkeypatch):
    coming = itertools.count(100)

    class Busy(Around):
        def scan(self, query):
            yield from self.inner.scan(query)
            take(f"encore une fugue, 15 ans {next(coming)}", str(next(coming)))
            assess_batch(store, reader, "two")
            drain_batch(store, index, "two")

    rebuild(store, Busy(index))
    while drain_batch(store, index, "three"):
        pass
    assert total(index) == 13
    assert not compare(store, index)


def test_a_rebuild_that_is_killed_after_its_swap_leaves_nothing_untold(store, index, filled, monkeypatch):
    class Killed(Exception):
        pass

    class Swapping(Around):
        def go_live(self):
            erase(store, filled[0])
            drain_batch(store, index, "old")
            self.inner.go_live()
            raise Killed

    with pytest.raises(Killed):
        rebuild(store, Swapping(index))
    assert index.get(filled[0]) is not None
    while drain_batch(store, index, "new"):
        pass
    assert index.get(filled[0]) is None
    assert not compare(store, index)


def test_an_indexer_that_stalled_past_its_lease_brings_nothing_erased_back(store, clock, index, filled, take, reader):
    """It read a post, slept through its erasure and a rebuild, and wrote."""
    take("chu en fugue, 15 ans, encore", "late")
    assess_batch(store, reader, "one")

    class Stalling:
        def __getattr__(self, name):
            return getattr(index, name)

        def put(self, documents):
            clock.forward(hours=1)
            erase(store, documents[0].id)
            drain_batch(store, index, "quick")
            rebuild(store, index)
            return index.put(documents)

    drain_batch(store, Stalling(), "slow")
    while drain_batch(store, index, "after"):
        pass
    assert not compare(store, index)
    assert total(index) == 12


@pytest.mark.parametrize("twin", ["team"], scope="session")  # tantivy refuses no document
def test_a_dead_letter_stops_no_rebuild(store, index, filled):
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == filled[3]).values(region="r" * 40_000))
        announce(session, [filled[3]], store.clock())
    drain_batch(store, index, "one")
    erase(store, filled[0])
    assert erase_thoroughly(store, index, "one", now=True)
    with store.database.reading() as session:
        assert dead_letters(session, INDEX) == {filled[3]: "document_parsing_exception"}
    while drain_batch(store, index, "one"):
        pass
    assert total(index) == 10
    assert not compare(store, index)


def test_a_second_thorough_erasure_at_once_is_refused_and_says_so(store, index, filled):
    erase(store, filled[0])
    with store.database.writing() as session:
        hasten_work(session, THOROUGH, store.clock())
        take_work(session, THOROUGH, "other", now=store.clock(), lease=timedelta(minutes=5), limit=1)
    with pytest.raises(Conflict, match="already"):
        erase_thoroughly(store, index, "one", now=True)
    assert not erase_thoroughly(store, index, "one")
