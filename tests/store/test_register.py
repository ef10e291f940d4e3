import sqlite3

import pytest

from store.errors import RegisterUnavailable
from store.register import Event, append, broken, entries, leaf_hash
from store.store import Store


def write(store: Store, **public) -> int:
    with store.database.writing() as session:
        return append(
            session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public=public, sealed=b"sealed"
        )


def test_leaf_hash_is_that_of_rfc_6962():
    # The hash of an empty leaf, from the test vectors of RFC 6962's reference implementation.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_entries_are_numbered_in_order_and_read_from_any_number(store):
    assert [write(store, n=number) for number in range(3)] == [1, 2, 3]
    with store.database.reading() as session:
        assert [row.n for row in entries(session, after=1)] == [2, 3]
        assert list(broken(session)) == []


@pytest.mark.parametrize("column", ["at", "event", "actor", "public", "sealed"])
def test_a_changed_entry_is_found(store, column):
    write(store, n=1)
    write(store, n=2)
    raw = sqlite3.connect(store.settings.data_dir / "vigie.db")
    raw.execute("DROP TRIGGER register_no_UPDATE")
    new = {"at": "2020-01-01 00:00:00.000000", "sealed": b"other"}.get(column, "{}")
    raw.execute(f"UPDATE register SET {column} = ? WHERE n = 2", (new,))
    raw.commit()
    raw.close()
    with store.database.reading() as session:
        assert list(broken(session)) == [2]


def test_a_register_that_cannot_be_written_says_so(store):
    raw = sqlite3.connect(store.settings.data_dir / "vigie.db")
    raw.execute("CREATE TRIGGER full BEFORE INSERT ON register BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    raw.commit()
    raw.close()
    with pytest.raises(RegisterUnavailable):
        write(store, n=1)


def test_an_entry_cannot_be_replaced_in_place(store):
    write(store, n=1)
    write(store, n=2)
    raw = sqlite3.connect(store.settings.data_dir / "vigie.db")
    columns = "n, at, event, actor, public, sealed, leaf"
    for verb in ("INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT"):
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            raw.execute(f"{verb} INTO register ({columns}) SELECT {columns} FROM register WHERE n = 2")
    raw.close()
    assert write(store, n=3) == 3


@pytest.mark.parametrize(("gone", "told"), [((1,), [1]), ((2,), [2]), ((4,), [4]), ((1, 4), [1, 4]), ((2, 3), [2])])
def test_a_deleted_entry_is_missed_even_the_first_and_the_last(store, gone, told):
    for number in range(4):
        write(store, n=number)
    raw = sqlite3.connect(store.settings.data_dir / "vigie.db")
    raw.execute("DROP TRIGGER register_no_DELETE")
    raw.executemany("DELETE FROM register WHERE n = ?", [(number,) for number in gone])
    raw.commit()
    raw.close()
    with store.database.reading() as session:
        assert list(broken(session)) == told
