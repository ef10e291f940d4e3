"""Faults that tests cause on a real database, on either engine."""

from __future__ import annotations

from sqlalchemy import text

from store.store import Store

_SQLITE = (
    "CREATE TRIGGER register_full BEFORE INSERT ON register BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END",
)
_RAISE = "BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END"
_POSTGRESQL = (
    f"CREATE FUNCTION register_full() RETURNS trigger AS $$ {_RAISE} $$ LANGUAGE plpgsql",
    "CREATE TRIGGER register_full BEFORE INSERT ON register FOR EACH ROW EXECUTE FUNCTION register_full()",
)


def fill_register(store: Store) -> None:
    """Make the register refuse new entries, as a full disk would."""
    with store.database.writing() as session:
        for statement in _SQLITE if store.database.is_sqlite else _POSTGRESQL:
            session.execute(text(statement))


def free_register(store: Store) -> None:
    """Give the register room again."""
    with store.database.writing() as session:
        session.execute(text("DROP TRIGGER register_full" + ("" if store.database.is_sqlite else " ON register")))
        if not store.database.is_sqlite:
            session.execute(text("DROP FUNCTION register_full()"))


def cut_connections(store: Store) -> None:
    """End every connection of a store to PostgreSQL, as its restart would: the pool holds dead ones."""
    with store.database.engine.connect() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{ended} AND pid <> pg_backend_pid()")).all()
