import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select
from sqlalchemy.exc import StatementError

from store.database import Database, alembic_config
from store.errors import NotSetUp
from store.store import Store, open_store, set_up
from store.tables import Base, Source


@pytest.fixture
def database(tmp_path: Path):
    one = Database(f"sqlite:///{tmp_path / 'v.db'}")
    yield one
    one.close()


def source(identity: str) -> Source:
    return Source(id=identity, title="t", kind="feed", declaration={}, digest="d", created_at=datetime.now(UTC))


def test_a_new_database_is_refused_until_it_is_set_up(database):
    with pytest.raises(NotSetUp, match="setup-db"):
        database.require_current()
    database.upgrade()
    database.require_current()


def test_migrations_make_the_tables_that_the_code_declares(database):
    database.upgrade()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_and_up_again(database):
    database.upgrade()
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    database.upgrade()
    database.require_current()


def test_a_transaction_that_fails_leaves_nothing(database):
    database.upgrade()
    with pytest.raises(RuntimeError), database.writing() as session:
        session.add(source("a"))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.scalars(select(Source)).all() == []


def test_writers_wait_for_one_another_and_none_is_lost(database):
    database.upgrade()

    def write(number: int) -> None:
        for each in range(10):
            with database.writing() as session:
                session.add(source(f"s{number}-{each}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert len(session.scalars(select(Source)).all()) == 40


def test_sqlite_runs_in_wal_and_overwrites_what_is_deleted(database):
    database.upgrade()
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_moments_keep_their_zone_and_a_naive_one_is_refused(database):
    database.upgrade()
    moment = datetime.fromisoformat("2026-03-01T23:30:00-05:00")
    with database.writing() as session:
        row = source("z")
        row.created_at = moment
        session.add(row)
    with database.reading() as session:
        assert session.get_one(Source, "z").created_at == moment
    with pytest.raises(StatementError, match="time zone"), database.writing() as session:
        row = source("naive")
        row.created_at = datetime(2026, 1, 1)  # noqa: DTZ001 - the case under test
        session.add(row)


def test_set_up_twice_keeps_keys_and_data(settings):
    set_up(settings)
    before = {path.name: path.read_text() for path in settings.keys.iterdir()}
    set_up(settings)
    assert {path.name: path.read_text() for path in settings.keys.iterdir()} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in settings.keys.iterdir())
    open_store(settings).database.close()


def test_register_rows_cannot_be_changed_even_by_sql(store: Store):
    from store.register import Event, append

    with store.database.writing() as session:
        append(session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public={"purpose": "x"})
    raw = sqlite3.connect(store.settings.data_dir / "vigie.db")
    for statement in ("UPDATE register SET actor='other'", "DELETE FROM register"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()
