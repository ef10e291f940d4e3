"""Opening the database: SQLite in WAL mode, or PostgreSQL; migrations; one way to read and one to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from store.errors import NotSetUp

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30


class Database:
    """One database address and its transactions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(vigie_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one consistent state and writes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session  # closing it rolls back and leaves what was read usable

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that commits at its end or leaves nothing behind.

        On SQLite it takes the write lock at once, so that what it read is still true when it writes.
        """
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the newest version."""
        path = make_url(self.url).database
        if self.engine.dialect.name == "sqlite" and path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        with self.engine.begin() as connection:
            command.upgrade(alembic_config(connection), "head")

    def require_current(self) -> None:
        """Raise `NotSetUp` unless the tables are there in the version this code needs."""
        try:
            with self.engine.connect() as connection:
                at = MigrationContext.configure(connection).get_current_revision()
        except OperationalError:
            at = None
        if at != ScriptDirectory.from_config(alembic_config(None)).get_current_head():
            raise NotSetUp("The database is missing or of another version: run `vigie setup-db`.")

    def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the database file and cut it to nothing: it holds what was erased."""
        if self.engine.dialect.name != "sqlite":
            return
        connection = self.engine.raw_connection()  # outside a transaction, where SQLite allows it
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def alembic_config(connection: Connection | None) -> Config:
    """Return Alembic's settings for this folder's migrations, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    waiting = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    # An error's message must not carry a post's text into a log.
    engine = create_engine(url, connect_args=waiting, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event below starts transactions, not the driver
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a committed register entry survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # erased text is overwritten in the file
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("vigie_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
