"""Quarantine: text that nobody but the quarantine officer may see, sealed and apart."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.erasure import blank
from store.posts import get_post
from store.store import Store
from store.tables import Quarantined


def quarantine(store: Store, session: Session, identity: str, by: str) -> list[str]:
    """Seal a post's text away for the quarantine officer and blank it everywhere else.

    Runs in the caller's transaction; returns the capture files to delete once it has committed.
    """
    row = get_post(session, identity)
    if row.status != "live":
        return []
    sealed = store.keys.sealed(f"{row.title}\n{row.text}", f"quarantine:{identity}")
    session.add(Quarantined(post_id=identity, sealed=sealed, by=by, created_at=store.clock()))
    return blank(store, session, identity, "quarantined")
