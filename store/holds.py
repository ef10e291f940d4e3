"""Legal holds: what must not be erased yet, whatever its time says.

A hold keeps and nothing else: it gives nobody anything to read, and what it keeps leaves the house in no corpus. Each
erasure asks here in its own transaction, once it has locked what it erases; whoever grants a hold locks the same rows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from store.posts import pasted_for
from store.tables import LegalHold

HoldKind = Literal["post", "request"]
HOLD_KINDS: tuple[HoldKind, ...] = get_args(HoldKind)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a hold was granted, has not ended and was not released."""
    return and_(LegalHold.granted_at.is_not(None), LegalHold.released_at.is_(None), LegalHold.ends_at > now)


def held(session: Session, kind: HoldKind, about: str, now: datetime) -> bool:
    """Tell whether a post or a request is held now."""
    return about in all_held(session, kind, now)


def held_among(session: Session, kind: HoldKind, ids: Collection[str], now: datetime) -> set[str]:
    """Return those of some posts or requests that are held now."""
    return all_held(session, kind, now).intersection(ids)


def all_held(session: Session, kind: HoldKind, now: datetime) -> set[str]:
    """Return all posts or requests that are held now; there are few. A held request holds what was pasted for it."""
    query = select(LegalHold.about).where(LegalHold.kind == kind, in_force(now))
    found = set(session.scalars(query))
    if kind == "post":
        requests = session.scalars(select(LegalHold.about).where(LegalHold.kind == "request", in_force(now)))
        found.update(post for request in requests.all() for post in pasted_for(session, request))
    return found
