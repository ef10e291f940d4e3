"""A request's item in the queue: how it comes in, comes back, and leaves."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nlp.types import URGENCIES, Urgency
from store.tables import QueueItem, Request, Skip
from triage_api.access.models import Person
from triage_api.queue.claims import close


def new_item(request: Request, urgency: Urgency, now: datetime) -> QueueItem:
    """Return the item by which a request waits: of its region's desk, before all posts of the same hour and urgency."""
    return QueueItem(
        id=f"q-{secrets.token_hex(12)}",
        request_id=request.id,
        lane="requests",
        urgency=urgency,
        rank=URGENCIES.index(urgency),
        score=1.0,
        signals=[],
        region=request.region,
        desk=request.region,
        created_at=now,
    )


def urgency_of(*, danger: bool, runaway: bool) -> Urgency:
    """Return how urgent a request is: what its form says, never what is known of the youth."""
    return "immediate" if danger else "soon" if runaway else "routine"


def item_of(session: Session, request: str) -> QueueItem | None:
    """Return a request's item, held."""
    return session.scalar(select(QueueItem).where(QueueItem.request_id == request).with_for_update())


def come_back(session: Session, request: str) -> None:
    """Put a request's item back in the queue, also for those who passed it over."""
    item = item_of(session, request)
    if item is not None:
        item.status = "open"
        session.execute(delete(Skip).where(Skip.item_id == item.id))


def leave(session: Session, request: str, person: Person | None) -> None:
    """Take a request's item out of the queue, whoever reads it; `person` None: time did it."""
    item = item_of(session, request)
    if item is None or item.status != "open":
        return
    if person is not None:
        close(item, person)
    else:
        item.status, item.claimed_by, item.claimed_until, item.handed_to = "expired", None, None, None


def hasten(session: Session, request: str) -> None:
    """Let a request's item that had become a routine one wait as that of a runaway again."""
    item = item_of(session, request)
    if item is not None and item.urgency == "routine":
        item.urgency, item.rank = "soon", URGENCIES.index("soon")


def calm(session: Session, request: str, *, only: Urgency | None = None) -> None:
    """Let a request's item wait as a routine one, if it had some urgency: what made it urgent is over."""
    item = item_of(session, request)
    if item is not None and only in (None, item.urgency):
        item.urgency, item.rank = "routine", URGENCIES.index("routine")
