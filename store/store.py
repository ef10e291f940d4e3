"""All that is kept, opened together: settings, database, keys and clock."""

from __future__ import annotations

from dataclasses import dataclass

from store.clock import Clock, system_clock
from store.database import Database
from store.keys import Keys, create_keys, load_keys
from store.settings import Settings


@dataclass(frozen=True, slots=True)
class Store:
    """What every upper room is handed."""

    settings: Settings
    database: Database
    keys: Keys
    clock: Clock = system_clock


def set_up(settings: Settings) -> None:
    """Make or upgrade the data folder, the keys and the tables; safe to run again."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_keys(settings.keys)
    database = Database(settings.database)
    try:
        database.upgrade()
    finally:
        database.close()


def open_store(settings: Settings, clock: Clock = system_clock) -> Store:
    """Open what `set_up` made; `NotSetUp` says what is missing."""
    keys = load_keys(settings.keys)
    database = Database(settings.database)
    database.require_current()
    return Store(settings, database, keys, clock)
