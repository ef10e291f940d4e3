"""Transactions that must leave an entry in the register: no entry, nothing else either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from store.errors import RegisterUnavailable
from store.register import Event, append
from store.store import Store
from triage_api.access.models import Person


@contextmanager
def recording(store: Store) -> Iterator[Session]:
    """Open a transaction that will write to the register; whatever keeps it from committing is `RegisterUnavailable`.

    What was read inside may be shown only after it has closed: then the entry is on disk.
    """
    try:
        with store.database.writing() as session:
            yield session
    except (IntegrityError, DataError, ProgrammingError):
        raise
    except DatabaseError as error:
        raise RegisterUnavailable("The register cannot be written; nothing is shown until it can.") from error


def enter(
    session: Session, store: Store, person: Person, event: Event, public: Mapping[str, Any], sealed: bytes | None = None
) -> int:
    """Write one entry for a person, under their pseudonym; what came from the command line says so."""
    said = dict(public) if person.via == "web" else {**public, "via": person.via}
    return append(session, event=event, actor=person.pseudonym, at=store.clock(), public=said, sealed=sealed)
