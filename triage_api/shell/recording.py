"""Transactions that must leave an entry in the register: no entry, nothing else either."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from store.errors import Conflict, DatabaseUnavailable, RegisterUnavailable
from store.register import Event, append
from store.store import Store
from triage_api.access.models import Person

Answer = TypeVar("Answer")


@contextmanager
def recording(store: Store) -> Iterator[Session]:
    """Open a transaction that will write to the register; whatever keeps it from committing is `RegisterUnavailable`.

    Only one that waited too long for others stays what it is, `DatabaseUnavailable`. What was read inside may be shown
    only after it has closed: then the entry is on disk.
    """
    try:
        with store.database.writing() as session:
            yield session
    except DatabaseUnavailable as error:
        if _got_in_the_way(error):
            raise
        raise RegisterUnavailable("The register cannot be written; nothing is shown until it can.") from error


def after_key_change(act: Callable[[], Answer]) -> Answer:
    """Do something that makes keyed hashes; once more if the hashing key turns out to have been changed meanwhile."""
    try:
        return act()
    except Conflict as error:
        if error.code != "keys_changed":
            raise
        return act()


def _got_in_the_way(error: DatabaseUnavailable) -> bool:
    """Tell whether it was but another transaction: a deadlock that PostgreSQL ended, or a lock not had in time."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", "") in {"40P01", "55P03"}


def enter(
    session: Session, store: Store, person: Person, event: Event, public: Mapping[str, Any], sealed: bytes | None = None
) -> int:
    """Write one entry for a person, under their pseudonym; what came from elsewhere than the pages says so.

    What is done while an emergency access is open names it.
    """
    said = dict(public) if person.via == "web" else {**public, "via": person.via}
    if person.glass:
        said.setdefault("glass", person.glass)
    return append(session, event=event, actor=person.pseudonym, at=store.clock(), public=said, sealed=sealed)
