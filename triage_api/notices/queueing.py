"""Asking for an e-mail without content, in the transaction that makes it true: no change, no e-mail, and none twice."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput
from store.locks import hold
from store.store import Store
from store.tables import Notice

KINDS = frozenset(
    {"referral", "reminder", "withdrawn", "answered", "message", "runaway", "meeting", "majority", "taken_back"}
)
"""What an e-mail can be about. It says none of them: the desk sees them, and a kind says when one is true no more."""


def notify(session: Session, store: Store, pivot_id: str, kind: str, about: str, link: str | None = None) -> None:
    """Queue an e-mail to a pivot, in the caller's transaction; one that waits already for the same is enough.

    `link` is the single-use address that it carries; a newer one takes the place of the one that waits. Whom it goes to
    is looked up when it is sent: the pivot, or their back-up. `BadInput` for a kind that there is not.
    """
    if kind not in KINDS:
        raise BadInput(f"No such kind of notice: {kind}.", field="kind")
    hold(session, [f"notice:{pivot_id}:{kind}:{about}"])
    same = Notice.pivot_id == pivot_id, Notice.kind == kind, Notice.about == about
    row = session.scalar(select(Notice).where(*same, Notice.state == "queued").limit(1).with_for_update())
    if row is None:
        row = _new(store, pivot_id, kind, about)
        session.add(row)
    if link is not None:
        row.link = store.keys.sealed(link, key_name(row.id))


def key_name(notice: str) -> str:
    """Return what the data key of a notice's link is called in the keyring."""
    return f"notice:{notice}"


def _new(store: Store, pivot_id: str, kind: str, about: str) -> Notice:
    now = store.clock()
    return Notice(
        id=f"n-{secrets.token_hex(10)}",
        pivot_id=pivot_id,
        kind=kind,
        about=about,
        state="queued",
        queued_at=now,
        due_at=now,
        attempts=0,
        error="",
    )
