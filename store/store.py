"""All that is kept, opened together: settings, database, keys and clock."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from store.clock import Clock, system_clock
from store.database import Database
from store.errors import NotSetUp
from store.keys import Keys, create_keys, load_keys, missing_keys
from store.settings import Settings, read_secret
from store.tables import Quarantined, RegisterEntry, Subject


@dataclass(frozen=True, slots=True)
class Store:
    """What every upper room is handed."""

    settings: Settings
    database: Database
    keys: Keys
    clock: Clock = system_clock


def set_up(settings: Settings) -> None:
    """Make or upgrade the data folder, the keys and the tables; safe to run again.

    `NotSetUp` if keys are missing that something in the database was sealed with: new ones would not open it.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.captures.mkdir(exist_ok=True, mode=0o700)
    database = open_database(settings)
    try:
        database.upgrade()
        missing = missing_keys(settings.keys)
        if missing and _needs_keys(database):
            raise NotSetUp(f"The data was sealed with keys that are not here: put {missing[0]} back from its copy.")
    finally:
        database.close()
    create_keys(settings.keys)


def _needs_keys(database: Database) -> bool:
    with database.reading() as session:
        kept = (RegisterEntry.n, Quarantined.post_id, Subject.id)
        return any(session.execute(select(column).limit(1)).first() is not None for column in kept)


def open_database(settings: Settings) -> Database:
    """Return the database that the settings name; nothing is asked yet."""
    return Database(settings.database, read_secret(settings.database_password_file, "VIGIE_DATABASE_PASSWORD_FILE"))


def open_store(settings: Settings, clock: Clock = system_clock) -> Store:
    """Open what `set_up` made; `NotSetUp` says what is missing."""
    keys = load_keys(settings.keys)
    database = open_database(settings)
    database.require_current()
    return Store(settings, database, keys, clock)
