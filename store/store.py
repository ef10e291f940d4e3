"""All that is kept, opened together: settings, database, keys and clock."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.carrying import carry_over
from store.clock import Clock, system_clock
from store.database import Database
from store.errors import NotSetUp
from store.keyring import Keyring, has_keyring, open_keyring, set_up_keyring
from store.keys import create_keys, load_key, mark, missing_keys
from store.settings import Settings, read_secret
from store.tables import KeyMark, Quarantined, RegisterCheckpoint, RegisterEntry, Subject

_BEFORE_KEYRING = "0004"
"""The last version of the tables that held subjects' keys."""


@dataclass(frozen=True, slots=True)
class Store:
    """What every upper room is handed."""

    settings: Settings
    database: Database
    keys: Keyring
    clock: Clock = system_clock

    def close(self) -> None:
        """Give back all connections."""
        self.database.close()
        self.keys.close()


def set_up(settings: Settings) -> None:
    """Make or upgrade the data folder, the keys, the keyring and the tables; safe to run again.

    `NotSetUp` if keys are missing that something in the database was sealed with: new ones would not open it.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.captures.mkdir(exist_ok=True, mode=0o700)
    database = open_database(settings)
    try:
        before = database.version()
        if before is None or before < _BEFORE_KEYRING:
            database.upgrade(_BEFORE_KEYRING)
        _require_keys(database, settings, keyring=before is not None and before > _BEFORE_KEYRING)
        create_keys(settings.keys)
        set_up_keyring(settings)
        carried = before is None or before <= _BEFORE_KEYRING
        if carried:
            _carry_over(database, settings)
        database.upgrade()
        _mark_hashing(database, settings)
        if carried and before is not None:
            database.forget_deleted(thorough=not database.is_sqlite)  # the keys that were carried over
    finally:
        database.close()


def _carry_over(database: Database, settings: Settings) -> None:
    keyring = open_keyring(settings, hashing="")
    try:
        carry_over(database, keyring)
    finally:
        keyring.close()


def _mark_hashing(database: Database, settings: Settings) -> None:
    """Keep, unless it is kept, by which mark the hashing key is known: a copy of today tells a later key by it."""
    unmarked = update(KeyMark).where(KeyMark.name == "hashing", KeyMark.mark == "")
    with database.writing() as session:
        session.execute(unmarked.values(mark=mark(load_key(settings.keys, "hashing"))))


def _require_keys(database: Database, settings: Settings, *, keyring: bool) -> None:
    """Raise `NotSetUp` if a key is missing that the database needs; `keyring`: whether it needs that too."""
    missing = missing_keys(settings.keys)
    with database.reading() as session:
        needed = _any(session, RegisterEntry.n, Quarantined.post_id, Subject.id)
        if not _any(session, RegisterCheckpoint.size):
            missing = [name for name in missing if name != "signing"]  # it has signed nothing yet
    if missing and needed:
        path = settings.keys / f"{missing[0]}.key"
        raise NotSetUp(f"The data was sealed with keys that are not here: put {path} back from its copy.")
    if keyring and needed and not has_keyring(settings):
        raise NotSetUp(
            "The keyring that the data was sealed under is not here: put it back from its copy, or mend VIGIE_KEYS_DIR"
            " or VIGIE_KEYRING_URL."
        )


def _any(session: Session, *columns: object) -> bool:
    return any(session.execute(select(column).limit(1)).first() is not None for column in columns)  # type: ignore[call-overload]


def open_database(settings: Settings) -> Database:
    """Return the database that the settings name; nothing is asked yet."""
    return Database(settings.database, read_secret(settings.database_password_file, "VIGIE_DATABASE_PASSWORD_FILE"))


def open_store(settings: Settings, clock: Clock = system_clock) -> Store:
    """Open what `set_up` made; `NotSetUp` says what is missing."""
    database = open_database(settings)
    try:
        database.require_current()
        with database.reading() as session:
            hashing = session.scalar(select(KeyMark.mark).where(KeyMark.name == "hashing")) or ""
        return Store(settings, database, open_keyring(settings, hashing, clock), clock)
    except Exception:
        database.close()
        raise
