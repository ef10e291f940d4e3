from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from breaking import fill_register
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from store.errors import RegisterUnavailable
from store.register import Event, append, entries, leaf_hash, settle
from store.register.findings import Kind
from store.register.verifying import verify
from store.store import Store


def write(store: Store, **public) -> int:
    with store.database.writing() as session:
        return append(
            session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public=public, sealed=b"sealed"
        )


def tamper(store: Store, *statements: str, **values: object) -> None:
    """Do what somebody with the database's own tools can do."""
    with store.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def found(store: Store) -> set[tuple[str, int | None, int | None]]:
    told = verify(store).findings
    return {(one.kind.value, one.first, one.last) for one in told if one.kind is not Kind.UNGUARDED}


def without_trigger(store: Store, verb: str) -> str:
    return f"DROP TRIGGER register_no_{verb}" + ("" if store.database.is_sqlite else " ON register")


def test_leaf_hash_is_that_of_rfc_6962():
    # The hash of an empty leaf, from the test vectors of RFC 6962's reference implementation.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_entries_are_numbered_in_order_and_read_from_any_number(store):
    assert [write(store, n=number) for number in range(3)] == [1, 2, 3]
    with store.database.reading() as session:
        assert [row.n for row in entries(session, after=1)] == [2, 3]
    assert verify(store).findings == []


@pytest.mark.parametrize("column", ["at", "event", "actor", "public", "sealed"])
def test_a_changed_entry_is_found(store, column):
    write(store, n=1)
    write(store, n=2)
    new = {"at": "2020-01-01 00:00:00.000000", "sealed": b"other"}.get(column, "{}")
    value = "CAST(:new AS timestamptz)" if column == "at" and not store.database.is_sqlite else ":new"
    tamper(store, without_trigger(store, "UPDATE"), f"UPDATE register SET {column} = {value} WHERE n = 2", new=new)
    assert found(store) == {("changed", 2, 2)}


def test_a_register_that_cannot_be_written_says_so(store):
    fill_register(store)
    with pytest.raises(RegisterUnavailable):
        write(store, n=1)


COPY = "INTO register (n, at, event, actor, public, sealed, leaf) SELECT * FROM register WHERE n = 2"


def test_an_entry_cannot_be_replaced_in_place(store):
    """SQLite's REPLACE would delete without asking; PostgreSQL has none, its key refuses the number a second time."""
    write(store, n=1)
    write(store, n=2)
    verbs = ("INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT") if store.database.is_sqlite else ("INSERT",)
    for verb in verbs:
        with pytest.raises(DBAPIError, match="append-only" if store.database.is_sqlite else "duplicate key"):
            tamper(store, f"{verb} {COPY}")
    if not store.database.is_sqlite:
        instead = "ON CONFLICT (n) DO UPDATE SET actor = 'x'"
        with pytest.raises(DBAPIError, match="append-only"):
            tamper(store, f"INSERT {COPY} {instead}")
    assert verify(store).findings == []
    assert write(store, n=3) > 2


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ((1,), [("deleted", 1, 1)]),
        ((2,), [("deleted", 2, 2)]),
        ((4,), [("truncated", 4, 4)]),
        ((1, 4), [("deleted", 1, 1), ("truncated", 4, 4)]),
        ((2, 3), [("deleted", 2, 3)]),
    ],
)
def test_a_deleted_entry_is_missed_even_the_first_and_the_last(store, gone, told):
    """Unsigned yet, and on SQLite: PostgreSQL's numbers have gaps wherever a transaction was undone."""
    for number in range(4):
        write(store, n=number)
    tamper(store, without_trigger(store, "DELETE"), *(f"DELETE FROM register WHERE n = {number}" for number in gone))
    assert found(store) == set(told if store.database.is_sqlite else [])


def test_a_transaction_that_is_undone_is_no_missing_entry(store):
    write(store, n=1)
    with pytest.raises(RuntimeError), store.database.writing() as session:
        append(session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public={})
        raise RuntimeError
    write(store, n=2)
    with store.database.reading() as session:
        assert [row.public for row in entries(session)] == ['{"n":1}', '{"n":2}']
    assert verify(store).findings == []


def test_whoever_reads_on_from_the_last_number_misses_no_entry(store):
    """An entry is numbered before it is committed: a lower number must not appear after a higher one was read."""
    writers, each = 4, 12
    started = threading.Barrier(writers + 1)
    seen: list[int] = []

    def write_many() -> None:
        started.wait()
        for _ in range(each):
            write(store)

    def read_on() -> None:
        with store.database.writing() as session:
            settle(session)
            seen.extend(row.n for row in entries(session, after=max(seen, default=0)))

    with ThreadPoolExecutor(writers) as pool:
        under_way = [pool.submit(write_many) for _ in range(writers)]
        started.wait()
        while not all(writer.done() for writer in under_way):
            read_on()
        for writer in under_way:
            writer.result()
    read_on()
    assert len(seen) == writers * each


def test_a_number_that_is_given_but_not_committed_is_waited_for(store):
    """The same, shown without chance: an entry is held open while somebody reads."""
    if store.database.is_sqlite:
        pytest.skip("SQLite numbers and commits one entry at a time")
    read: list[int] = []

    def read_all() -> None:
        with store.database.writing() as session:
            settle(session)
            read.extend(row.n for row in entries(session))

    with store.database.writing() as session:
        append(session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public={})
        write(store)  # a higher number, committed earlier; it does not wait for the first one
        reader = threading.Thread(target=read_all)
        reader.start()
        reader.join(0.3)
        assert read == [], "the reader waits"
    reader.join(10)
    assert read == [1, 2]
