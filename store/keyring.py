"""The keyring: every data key, wrapped, in a small database of its own, outside the main one and its back-ups.

Whatever is personal is sealed under a data key of its own, named ``kind:id`` after what it belongs to (``subject:j-…``,
``search:s-…``, ``quarantine:p-…``). Destroying a data key erases what was sealed under it, wherever a copy of that
stands. A key is on disk before what it seals: a crash between leaves a key to nothing, which `store.leftovers` finds.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, bindparam, delete, inspect, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.batches import batches
from store.clock import Clock, system_clock
from store.database import Database
from store.errors import Conflict, NotFound, NotSetUp
from store.keys import KEY_BYTES, Keys, load_key, load_keys, mark, prepare_next, seal, settle_next, unseal
from store.settings import Settings, read_secret
from store.tables import KeyMark, UtcDateTime

_TABLES = MetaData()
_DATA_KEYS = Table(
    "data_keys",
    _TABLES,
    Column("id", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
_MARKS = Table("key_marks", _TABLES, Column("name", Text, primary_key=True), Column("mark", Text, nullable=False))
_MARK = select(_MARKS.c.mark).where(_MARKS.c.name == "wrapping")
_ALONE = text("SELECT pg_advisory_xact_lock(5640132)")
_BATCH = 500


class Keyring:
    """All keys that live outside the main database: those in files, and the data keys that one of them wraps."""

    def __init__(self, database: Database, folder: Path, files: Keys, clock: Clock = system_clock) -> None:
        self.database = database
        self.folder = folder
        self.files = files
        self._clock = clock

    @property
    def signing(self) -> bytes:
        """Return the seed of the Ed25519 key that signs the register's checkpoints."""
        return self.files.signing

    def blind(self, kind: str, value: str) -> str:
        """Return the keyed hash by which a value of a person is matched and never read."""
        return self.files.blind(kind, value)

    def sealed(self, plain: str, context: str) -> bytes:
        """Seal a text under the data key that `context` (``kind:id``) names; it is made if it is not there."""
        return seal(self.new(context), plain.encode(), context)

    def opened(self, sealed: bytes, context: str) -> str:
        """Open what `sealed` made; `NotFound` once its key is destroyed."""
        return unseal(self.key(context), sealed, context).decode()

    def new(self, identity: str) -> bytes:
        """Return the data key of a name, made and on disk if there was none."""
        with self._holding() as session:
            wrapped = seal(self.files.wrapping, secrets.token_bytes(KEY_BYTES), identity)
            _insert(session, {identity: wrapped}, self._clock())
            kept = session.execute(select(_DATA_KEYS.c.wrapped).where(_DATA_KEYS.c.id == identity)).scalar_one()
            return unseal(self.files.wrapping, kept, identity)

    def key(self, identity: str) -> bytes:
        """Return one data key; `NotFound` if there is none, or none any more."""
        found = self.keys([identity]).get(identity)
        if found is None:
            raise NotFound("What was sealed is erased.", code="erased")
        return found

    def keys(self, identities: Iterable[str]) -> dict[str, bytes]:
        """Return the data keys of many names; those without one are left out."""
        with self.database.reading() as session:
            self._follow(session.execute(_MARK).scalar_one())
            found: dict[str, bytes] = {}
            for some in batches(sorted(set(identities)), _BATCH):
                query = select(_DATA_KEYS.c.id, _DATA_KEYS.c.wrapped).where(_DATA_KEYS.c.id.in_(some))
                for name, wrapped in session.execute(query):
                    found[name] = unseal(self.files.wrapping, wrapped, name)
        return found

    def destroy(self, identities: Iterable[str]) -> None:
        """Destroy data keys, and take them out of the keyring's files as far as its engine can."""
        with self.database.writing() as session:
            for some in batches(sorted(set(identities)), _BATCH):
                session.execute(delete(_DATA_KEYS).where(_DATA_KEYS.c.id.in_(some)))
        self.forget()

    def forget(self, *, thorough: bool = True) -> None:
        """Take destroyed keys out of the keyring's files; a reader of its log may keep them there a moment longer."""
        # The keyring is small: on PostgreSQL too it is written anew at once.
        self.database.forget_deleted(thorough=thorough and not self.database.is_sqlite)

    def names(self, kind: str, *, made_before: datetime) -> Iterator[list[str]]:
        """Yield the names of a kind's data keys that are so old, some at a time."""
        after = ""
        of_kind = (_DATA_KEYS.c.id.startswith(f"{kind}:", autoescape=True), _DATA_KEYS.c.created_at < made_before)
        while True:
            query = select(_DATA_KEYS.c.id).where(*of_kind, _DATA_KEYS.c.id > after)
            with self.database.reading() as session:
                some = list(session.scalars(query.order_by(_DATA_KEYS.c.id).limit(_BATCH)))
            if not some:
                return
            yield some
            after = some[-1]

    def adopt(self, wrapped: Mapping[str, bytes]) -> None:
        """Take in data keys that were kept elsewhere, wrapped under their names; those that are there already stay."""
        with self._holding() as session:
            _insert(session, wrapped, self._clock())

    def rewrap(self) -> int:
        """Wrap every data key under a new key and destroy the old one; return how many there are.

        Cut short anywhere, it leaves a folder and a keyring that open everything, and may be run again.
        """
        with self._holding(alone=True) as session:
            settle_next(self.folder, "wrapping", mark(self.files.wrapping))
            old, new = self.files.wrapping, prepare_next(self.folder, "wrapping")
            count = _wrapped_anew(session, old, new)
            session.execute(update(_MARKS).where(_MARKS.c.name == "wrapping").values(mark=mark(new)))
        settle_next(self.folder, "wrapping", mark(new))
        self.files = replace(self.files, wrapping=new)
        self.forget()
        return count

    def hashing_with(self, key: bytes) -> Keyring:
        """Return this keyring, making keyed hashes with another key."""
        return Keyring(self.database, self.folder, replace(self.files, hashing=key), self._clock)

    def hold_hashing(self, session: Session) -> None:
        """Make sure that keyed hashes made by now are of the key in force until the main database's transaction ends.

        `Conflict` (`keys_changed`) if the key was changed since it was read: tried again, it will be the new one.
        `NotSetUp` if the key in force is gone, because the database is an older copy.
        """
        held = select(KeyMark.mark).where(KeyMark.name == "hashing").with_for_update(read=True)
        said = session.scalar(held) or ""
        if said and said != mark(self.files.hashing):
            self.files = replace(self.files, hashing=_hashing_in_force(self.folder, said))
            raise Conflict("The keys were changed meanwhile: try again.", code="keys_changed")

    def close(self) -> None:
        """Give back all connections."""
        self.database.close()

    @contextmanager
    def _holding(self, *, alone: bool = False) -> Iterator[Session]:
        """Open a transaction during which the wrapping key in force stays so, and is the one that we have."""
        with self.database.writing() as session:
            self._follow(session.execute(_MARK.with_for_update(read=not alone)).scalar_one())
            yield session

    def _follow(self, marked: str) -> None:
        """Read the wrapping key anew if another process has changed it."""
        if marked != mark(self.files.wrapping):
            self.files = replace(self.files, wrapping=load_key(self.folder, "wrapping", marked))


def set_up_keyring(settings: Settings) -> None:
    """Make the keyring's tables, unless they are there; the key files are."""
    database = _database(settings)
    try:
        if database.is_sqlite and database.url.database:
            Path(database.url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(database.url.database, os.O_WRONLY | os.O_CREAT, 0o600))
        with database.writing() as session:
            if not database.is_sqlite:  # two that set up at once: the second finds it done
                session.execute(_ALONE)
            _TABLES.create_all(session.connection())
            if session.execute(_MARK).first() is None:
                said = mark(load_keys(settings.keys).wrapping)
                session.execute(_MARKS.insert().values(name="wrapping", mark=said))
    finally:
        database.close()


def has_keyring(settings: Settings) -> bool:
    """Tell whether the keyring that the settings name was ever set up."""
    database = _database(settings)
    try:
        return _is_there(database)
    finally:
        database.close()


def open_keyring(settings: Settings, hashing: str, clock: Clock = system_clock) -> Keyring:
    """Open the keyring; `hashing` is the mark of the hashing key in force. `NotSetUp` says what is missing."""
    database = _database(settings)
    try:
        if not _is_there(database):
            load_keys(settings.keys)  # if those are missing too, say so
            raise NotSetUp(
                "There is no keyring yet: run `vigie setup-db`, or mend VIGIE_KEYS_DIR or VIGIE_KEYRING_URL."
            )
        files = _in_force(database, settings.keys, hashing)
    except Exception:
        database.close()
        raise
    return Keyring(database, settings.keys, files, clock)


def _in_force(database: Database, folder: Path, hashing: str) -> Keys:
    """Return the keys of the marks in force; asked again where they were changed between the mark and the files."""
    before = ""
    while True:
        with database.reading() as session:
            wrapping = session.execute(_MARK).scalar_one()
        try:
            return _files(folder, wrapping, hashing)
        except NotSetUp:
            if wrapping == before:
                raise
            before = wrapping


def _files(folder: Path, wrapping: str, hashing: str) -> Keys:
    """Return the keys of the files, those of the marks in force.

    A database that is older than the hashing key opens all the same: `Keyring.hold_hashing` lets nothing be hashed for
    it, and changing the key makes it whole.
    """
    try:
        return load_keys(folder, {"wrapping": wrapping, "hashing": hashing})
    except NotSetUp:
        return load_keys(folder, {"wrapping": wrapping})


def _hashing_in_force(folder: Path, marked: str) -> bytes:
    try:
        return load_key(folder, "hashing", marked)
    except NotSetUp:
        raise NotSetUp(
            "The database's keyed hashes are of another key than hashing.key. If the database is an older copy, run"
            " `vigie keys rotate --hashing`; if the key is not the newest, put that back."
        ) from None


def _database(settings: Settings) -> Database:
    password = read_secret(settings.keyring_password_file, "VIGIE_KEYRING_PASSWORD_FILE")
    return Database(settings.keyring, password, setting="VIGIE_KEYRING", tables=_TABLES)


def _is_there(database: Database) -> bool:
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        return False
    with database.reading() as session:
        return inspect(session.connection()).has_table("key_marks") and session.execute(_MARK).first() is not None


def _insert(session: Session, wrapped: Mapping[str, bytes], now: datetime) -> None:
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for some in batches(wrapped.items(), _BATCH):
        rows = [{"id": name, "wrapped": key, "created_at": now} for name, key in some]
        session.execute(make(_DATA_KEYS).on_conflict_do_nothing(index_elements=["id"]), rows)


def _wrapped_anew(session: Session, old: bytes, new: bytes) -> int:
    """Wrap every data key anew, some at a time; return how many."""
    count, after = 0, ""
    change = update(_DATA_KEYS).where(_DATA_KEYS.c.id == bindparam("name")).values(wrapped=bindparam("key"))
    while True:
        query = select(_DATA_KEYS.c.id, _DATA_KEYS.c.wrapped).where(_DATA_KEYS.c.id > after)
        rows = session.execute(query.order_by(_DATA_KEYS.c.id).limit(_BATCH)).all()
        if not rows:
            return count
        session.connection().execute(
            change, [{"name": name, "key": seal(new, unseal(old, wrapped, name), name)} for name, wrapped in rows]
        )
        count, after = count + len(rows), rows[-1][0]
