"""Several indexers, an index that is not what it should be, a document that no engine takes: nothing is lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.rebuild import compare, rebuild
from store.erasure import erase
from store.errors import IndexUnavailable, NotSetUp
from store.index import IndexQuery, open_index
from store.outbox import INDEX, announce
from store.tables import Post
from store.work import count_work, dead_letters


@pytest.fixture
def read_posts(store, take, reader):
    ids = [take(f"chu en fugue depuis {n} jours j'ai 15 ans", str(n)) for n in range(60)]
    assess_batch(store, reader, "one")
    return ids


def waiting(store):
    with store.database.reading() as session:
        return count_work(session, INDEX)


def test_indexers_at_once_bring_in_everything_and_the_newest_state(store, index, read_posts):
    """Three on Elasticsearch, while posts change and vanish; the embedded index lets one process write at a time."""
    failed: list[Exception] = []

    def bring(owner):
        own = open_index(store.settings) if store.settings.index_url else index
        try:
            while waiting(store):
                drain_batch(store, own, owner, 7)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            if own is not index:
                own.close()

    workers = [threading.Thread(target=bring, args=(name,)) for name in ("a", "b", "c")]
    for worker in workers[: 3 if store.settings.index_url else 1]:
        worker.start()
    for identity in read_posts[:20]:
        erase(store, identity)
    for identity in read_posts[20:40]:
        with store.database.writing() as session:
            announce(session, [identity], store.clock())
    for worker in workers[: 3 if store.settings.index_url else 1]:
        worker.join()
    assert failed == []
    while drain_batch(store, index, "last"):
        pass
    assert waiting(store) == 0
    assert index.search(IndexQuery()).total == 40
    assert not compare(store, index)


@pytest.mark.parametrize("twin", ["embedded"], scope="session")
def test_a_second_writer_of_the_embedded_index_gives_its_work_back(store, index, read_posts):
    index.put([])
    drain_batch(store, index, "first", 5)
    second = open_index(store.settings)
    with pytest.raises(IndexUnavailable) as refused:
        drain_batch(store, second, "second")
    assert refused.value.code == "index_locked"
    second.close()
    assert drain_batch(store, index, "first") == 55


@pytest.mark.parametrize("twin", ["team"], scope="session")  # tantivy refuses no document
def test_a_poisoned_document_is_a_dead_letter_with_its_reason_and_blocks_nothing(store, index, read_posts):
    if not store.settings.index_url:
        pytest.skip(
            "tantivy refuses no document; tests/pipeline/test_assess.py shows the same with an engine that does"
        )
    poisoned = read_posts[30]
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == poisoned).values(region="r" * 40_000))
    while drain_batch(store, index, "one", 10):
        pass
    assert index.search(IndexQuery()).total == 59
    with store.database.reading() as session:
        assert dead_letters(session, INDEX) == {poisoned: "document_parsing_exception"}
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == poisoned).values(region="Laval"))
        announce(session, [poisoned], store.clock())
    drain_batch(store, index, "one")
    assert index.get(poisoned).region == "Laval"


@pytest.mark.parametrize("twin", ["team"], scope="session")  # tantivy's schema is in its own files
def test_a_mapping_conflict_stops_the_indexer_and_buries_nothing(store, index, read_posts):
    """Somebody put another index behind our alias: nothing is lost, a rebuild mends it."""
    drain_batch(store, index, "one", 10)
    live = index.generation()
    index.client.indices.delete(index=live)
    wrong = {
        "dynamic": "strict",
        "_meta": {"schema": 2},
        "properties": {"id": {"type": "keyword"}, "seq": {"type": "ip"}},
    }
    aliases = {index.read: {}, index.write: {"is_write_index": True}}
    index.client.indices.create(index=live, mappings=wrong, aliases=aliases)
    with pytest.raises(NotSetUp, match="--rebuild"):
        drain_batch(store, index, "one")
    with store.database.reading() as session:
        assert (count_work(session, INDEX), dead_letters(session, INDEX)) == (50, {})
    rebuild(store, index)
    while drain_batch(store, index, "one"):
        pass
    assert index.search(IndexQuery()).total == 60
    assert not compare(store, index)


def test_a_date_before_all_dates_stops_nobody(store, index, take, reader):
    """The null date of many a program: it cannot come in any more, and what has it from before is told as refused."""
    odd, good = take("chu en fugue, 15 ans", "1", posted_at="0001-01-01T00:00:00Z"), take("en fugue, 16 ans", "2")
    assess_batch(store, reader, "one")
    with store.database.writing() as session:
        assert session.get_one(Post, 1).posted_at is None
        session.execute(update(Post).where(Post.id == odd).values(posted_at=datetime(1, 1, 1, tzinfo=UTC)))
    while drain_batch(store, index, "one"):
        pass
    assert index.get(good) is not None
    with store.database.reading() as session:
        assert count_work(session, INDEX) == 0


def test_a_document_that_breaks_the_program_blocks_no_other(store, index, read_posts, monkeypatch):
    real, poisoned = index.put, read_posts[7]

    class Breaking:
        def __getattr__(self, name):
            return getattr(index, name)

        def put(self, documents):
            if any(document.id == poisoned for document in documents):
                raise OverflowError
            return real(documents)

    while drain_batch(store, Breaking(), "one"):
        pass
    assert index.search(IndexQuery()).total == 59
    with store.database.reading() as session:
        assert dead_letters(session, INDEX) == {poisoned: "OverflowError"}
