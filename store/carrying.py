"""Carrying data keys over from the main database, where versions before 0005 kept them, into the keyring.

Subjects' wrapped keys move as they are. What was sealed under keys derived from the wrapping key gets data keys of its
own: those derived ones, so that there is one way to open. Reasons of decisions, which stood in clear, are sealed.
Safe to cut short anywhere and to run again.
"""

from __future__ import annotations

import hmac

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.batches import batches
from store.database import Database
from store.keyring import Keyring
from store.keys import seal

_OLD_SEALS = (
    ("search", "SELECT id FROM searches WHERE request_id IS NULL"),
    ("quarantine", "SELECT post_id FROM quarantine"),
    ("export", "SELECT id FROM exports"),
)
_SUBJECTS = text("SELECT id, wrapped_key FROM subjects WHERE wrapped_key IS NOT NULL")
_MOVED = text("UPDATE subjects SET wrapped_key = NULL WHERE wrapped_key IS NOT NULL")
_KEYLESS = text("SELECT id FROM subjects WHERE wrapped_key IS NULL AND erased_at IS NULL")
_ERASED = text("UPDATE subjects SET erased_at = created_at WHERE id = :id")
_REASONS = text("SELECT id, item_id, reason FROM decisions WHERE reason != '' ORDER BY id LIMIT 500")
_SEALED = text("UPDATE decisions SET sealed = :sealed, reason = '' WHERE id = :id")
_BATCH = 500


def carry_over(database: Database, keyring: Keyring) -> None:
    """Put the data keys of a main database of version 0004 into the keyring, then blank them where they were.

    A subject without a key was erased, and is told so from now on.
    """
    with database.reading() as session:
        for kind, query in _OLD_SEALS:
            _adopt_derived(session, keyring, kind, query)
        for some in batches(session.execute(_SUBJECTS), _BATCH):
            keyring.adopt({f"subject:{row.id}": bytes(row.wrapped_key) for row in some})
    with database.writing() as session:
        session.execute(_MOVED)
        for some in batches(session.scalars(_KEYLESS).all(), _BATCH):
            there = keyring.keys(f"subject:{one}" for one in some)
            if erased := [{"id": one} for one in some if f"subject:{one}" not in there]:
                session.execute(_ERASED, erased)

    while _seal_reasons(database, keyring):
        pass


def _seal_reasons(database: Database, keyring: Keyring) -> int:
    """Seal some reasons of decisions; return how many."""
    with database.writing() as session:
        rows = session.execute(_REASONS).all()
        for row in rows:
            sealed = keyring.sealed(row.reason, f"decision:{row.item_id}")
            session.execute(_SEALED, {"id": row.id, "sealed": sealed})
    return len(rows)


def _adopt_derived(session: Session, keyring: Keyring, kind: str, query: str) -> None:
    wrapping = keyring.files.wrapping
    derived = hmac.digest(wrapping, f"vigie/{kind}".encode(), "sha256")
    for some in batches(session.scalars(text(query)), _BATCH):
        keyring.adopt({name: seal(wrapping, derived, name) for name in (f"{kind}:{one}" for one in some)})
