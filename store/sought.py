"""Whether contacts are of a runaway who is looked for: asked where posts enter the queue, by keyed hashes alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.contacts import Contact
from store.store import Store
from store.tables import Request, SubjectHash


def is_sought(session: Session, store: Store, contacts: Collection[Contact]) -> bool:
    """Tell whether any of some contacts is of a runaway who is looked for now: not found, not closed, not lapsed."""
    hashes = {store.keys.blind(one.kind, one.value) for one in contacts}
    if not hashes:
        return False
    query = select(Request.id).join(SubjectHash, SubjectHash.subject_id == Request.subject_id)
    missing = Request.runaway_until > store.clock(), Request.found_at.is_(None), Request.closed_at.is_(None)
    return session.scalar(query.where(SubjectHash.hash.in_(hashes), *missing).limit(1)) is not None
