"""What is erased leaves the files too: a walk finds it before and does not find it after, on every engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from index_walk import walk
from sqlalchemy import text, update

from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.rebuild import erase_thoroughly
from pipeline.retain import purge
from scripts.services import Elasticsearch, PostgreSQL
from store.index import open_index
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Post

PLANTED = (
    "une phrase plantee que personne d autre n ecrit",
    "514-555-0133",
    "Zoraide Plantamour",
    "auteur_plante",
    "zzplantation.example/zzplante",
)
POST = {
    "text": f"{PLANTED[0]}, appelle {PLANTED[2]} au {PLANTED[1]}",
    "author": PLANTED[3],
    "url": f"https://{PLANTED[4]}",
}


def held(*folders: Path) -> set[str]:
    """Return which of the planted strings stand in any file below the folders."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {one for one in PLANTED for path in files if one.encode() in path.read_bytes()}


@pytest.mark.parametrize("twin", ["embedded"], scope="session")
def test_sqlite_and_its_write_ahead_log(store, clock, take):
    take(**POST)
    folder = store.settings.data_dir
    assert (folder / "vigie.db-wal").stat().st_size > 0
    assert held(folder) == set(PLANTED)
    clock.forward(days=8)
    purge(store)  # and empties the write-ahead log, while the database stays open
    assert held(folder) == set()


def test_what_is_erased_leaves_every_generation_of_the_index(store, clock, take, reader, index):
    """From the purge to the files, on both scales; a raw scan of Elasticsearch's is in the slow test below."""
    gone, kept = take(**POST), take("bonjour, la vie continue", "2")
    assess_batch(store, reader, "one")
    drain_batch(store, index, "one")
    before = walk(index, PLANTED)
    assert before.terms >= set(PLANTED[:3])
    assert before.stored >= set(PLANTED[:4])  # an address is kept in the database alone
    clock.forward(days=8)
    keep(store, kept)
    assert purge(store).posts == 1
    drain_batch(store, index, "one")
    assert index.get(gone) is None, "found no more, at once"
    assert erase_thoroughly(store, index, "one", now=True)
    assert not walk(index, PLANTED)
    assert index.get(kept) is not None


def keep(store, identity):
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == identity).values(expires_at=None))


@pytest.mark.slow
def test_no_byte_of_it_is_left_on_a_node_of_elasticsearch(tmp_path, clock, take_into, reader):
    if why := Elasticsearch.unavailable():
        pytest.skip(why)
    with Elasticsearch.start(tmp_path / "node") as node:
        settings = Settings(data_dir=tmp_path / "data", index_url=node.url)
        set_up(settings)
        store = open_store(settings, clock)
        index = open_index(settings)
        index.set_up()
        take_into(store, **POST)
        assess_batch(store, reader, "one")
        drain_batch(store, index, "one")
        index.client.indices.flush(index=index.generation(), force=True)
        before = walk(index, PLANTED, *node.data)
        assert before.terms >= set(PLANTED[:3])
        assert before.stored >= set(PLANTED[:4])
        assert before.files
        clock.forward(days=8)
        purge(store)
        drain_batch(store, index, "one")
        assert erase_thoroughly(store, index, "one", now=True)
        assert until_gone(index, node)
        index.close()
        store.database.close()


def until_gone(index, node) -> bool:
    """Wait for the node to delete the dropped generation's files; it does so a moment after it has answered."""
    end = time.monotonic() + 30
    while walk(index, PLANTED, *node.data):
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[PostgreSQL]:
    if why := PostgreSQL.unavailable():
        pytest.skip(why)
    with PostgreSQL.start(tmp_path / "server") as server:
        yield server


@pytest.fixture
def own_store(tmp_path: Path, own_server: PostgreSQL, clock) -> Iterator[Store]:
    settings = Settings(data_dir=tmp_path / "data", database_url=own_server.url)
    set_up(settings)
    opened = open_store(settings, clock)
    yield opened
    opened.database.close()


def test_postgresql_and_its_write_ahead_log(own_server, own_store, clock, take_into):
    """As docs/operations.md says: old log is deleted, not recycled, and a checkpoint follows a thorough purge."""
    as_owner(own_store, "ALTER SYSTEM SET wal_recycle = off", "ALTER SYSTEM SET min_wal_size = '32MB'")
    as_owner(own_store, "SELECT pg_reload_conf()")
    take_into(own_store, **POST)
    as_owner(own_store, "ANALYZE", "CHECKPOINT")  # statistics are samples of columns, and would outlast an erasure
    assert held(own_server.data / "base") == set(PLANTED)
    clock.forward(days=8)
    purge(own_store)
    as_owner(own_store, "CHECKPOINT")
    assert held(own_server.data) == set(PLANTED), "nothing is left to show: the walk proves nothing"
    own_store.database.forget_deleted(thorough=True)
    as_owner(own_store, "SELECT pg_switch_wal()", "CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")
    assert held(own_server.data) == set()
    assert held(own_server.log.parent) == set()


def as_owner(store: Store, *statements: str) -> None:
    with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
