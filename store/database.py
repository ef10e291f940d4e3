"""Opening the database: SQLite in WAL mode, or PostgreSQL; one way to read, one to write, one to forget.

On both, whoever reads sees one state. On SQLite one transaction writes at a time; on PostgreSQL several do, and hold
the rows and names that they decide on (`store.locks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, InternalError, OperationalError
from sqlalchemy.orm import Session

from store.errors import DatabaseUnavailable, NotSetUp
from store.tables import Base

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30
_POSTGRESQL = {
    "connect_timeout": 10,
    # A wait that would last longer is a mistake somewhere; the step or the page says so and is tried again.
    "options": f"-c lock_timeout={_BUSY_SECONDS}s -c timezone=UTC",
}
_REFUSED = re.compile(r"authentication failed|no password supplied|(database|role) \"[^\"]*\" does not exist")
_POOL = {"pool_size": 10, "max_overflow": 30, "pool_pre_ping": True}


class Database:
    """One database address and its transactions."""

    def __init__(
        self,
        url: str,
        password: str | None = None,
        *,
        setting: str = "VIGIE_DATABASE",
        tables: MetaData = Base.metadata,
    ) -> None:
        self.url = address(url, password, setting)
        self.setting = setting
        self.tables = tables
        self.engine = _engine(self.url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer = self.engine.execution_options(vigie_writes=True)
        consistent = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = self.engine.execution_options(**consistent)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one state and writes nothing; `DatabaseUnavailable` if it cannot be read."""
        with self._telling(), Session(self._reader, expire_on_commit=False) as session:
            yield session  # closing it rolls back and leaves what was read usable

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that commits at its end or leaves nothing behind; `DatabaseUnavailable` if it cannot.

        On SQLite it takes the write lock at once, so that what it read is still true when it writes.
        """
        with self._telling(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self, version: str = "head") -> None:
        """Bring the tables to a version, the newest unless another is named."""
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self._telling(), self._writer.begin() as connection:
            if not self.is_sqlite:  # two that set up at once: the second finds it done
                connection.execute(text("SELECT pg_advisory_xact_lock(5640130)"))
            command.upgrade(alembic_config(connection), version)

    def require_current(self) -> None:
        """Raise `NotSetUp` unless the tables are there in the version this code needs."""
        if self.is_sqlite and self.url.database and not Path(self.url.database).exists():
            raise NotSetUp("There is no database yet: run `vigie setup-db`.")
        if self.version() != ScriptDirectory.from_config(alembic_config(None)).get_current_head():
            raise NotSetUp("The database is missing or of another version: run `vigie setup-db`.")

    def version(self) -> str | None:
        """Return the version that the tables are in; None if there are none yet."""
        if self.is_sqlite and self.url.database and not Path(self.url.database).exists():
            return None
        with self._telling(), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def forget_deleted(self, *, thorough: bool = False) -> None:
        """Take what was deleted out of the database's files as far as its engine can.

        SQLite overwrites what is deleted; its write-ahead log, which holds it still, is brought into the file and cut
        to nothing. PostgreSQL gives the room back for others to write over; `thorough` writes its tables anew, which
        keeps everybody out of one table after the other for some seconds; its log keeps copies until it is recycled.
        """
        with self._telling(), _outside_transactions(self.engine) as connection:
            if self.is_sqlite:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                if busy and thorough:
                    raise DatabaseUnavailable("The database's log is being read and could not be emptied: try again.")
                return
            for table in self.tables.sorted_tables:
                if table.name != "register":  # nothing is ever deleted from it
                    connection.exec_driver_sql(f'VACUUM {"(FULL)" if thorough else ""} "{table.name}"')

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn the driver's errors into ours, without its words: they may hold an address or a text."""
        try:
            yield
        except (OperationalError, InterfaceError, InternalError) as error:
            if _REFUSED.search(str(error.orig)):
                raise DatabaseUnavailable(
                    f"The database refuses us: see the name and database in {self.setting}_URL and"
                    f" {self.setting}_PASSWORD_FILE.",
                    code="store_refused",
                ) from error
            raise DatabaseUnavailable(
                "The database cannot be read or written: is it stopped, is its disk full? Nothing was lost: try again."
            ) from error


def address(url: str, password: str | None = None, setting: str = "VIGIE_DATABASE") -> URL:
    """Return a database address with its driver and password; `NotSetUp` names the setting if it cannot be used."""
    try:
        known = make_url(url)
    except ArgumentError:
        raise NotSetUp(f"{setting}_URL cannot be used: it looks like postgresql://vigie@host/vigie.") from None
    if known.get_backend_name() in {"postgresql", "postgres"}:
        known = known.set(drivername="postgresql+psycopg")
    elif known.get_backend_name() != "sqlite":
        raise NotSetUp(f"{setting}_URL names neither a PostgreSQL nor a SQLite database.")
    return known.set(password=password) if password else known


def alembic_config(connection: Connection | None) -> Config:
    """Return Alembic's settings for this folder's migrations, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _outside_transactions(engine: Engine) -> Iterator[Connection]:
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    with engine.connect().execution_options(vigie_bare=True, **options) as connection:
        yield connection


def _engine(url: URL) -> Engine:
    # An error's message must not carry a post's text into a log.
    if url.get_backend_name() != "sqlite":
        return create_engine(url, connect_args=_POSTGRESQL, hide_parameters=True, **_POOL)
    waiting = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
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
    options = connection.get_execution_options()
    if not options.get("vigie_bare", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("vigie_writes", False) else "BEGIN")
