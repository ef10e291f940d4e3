"""Reading time, from what a person does: spans that an opened text begins and each further act makes longer.

The time between two acts counts if it is no longer than a break (`exposure_break_minutes`); of a longer one nothing
counts but a minute for the last text, see `day.TAIL`. So a gap counts for a break's length at most: a page left open
over lunch is no reading.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from store.locks import hold
from store.store import Store
from store.tables import ReadingSpan
from triage_api.access.models import Person
from triage_api.desk import Desk

KEPT = timedelta(days=30)
"""After so much nobody needs to know any more, the person included."""


def read(desk: Desk, person: Person) -> None:
    """Note that a person was shown the text of a post. It is a transaction of its own: call it outside of others.

    A program's token reads nothing.
    """
    if person.scopes is not None:
        return
    now = desk.store.clock()
    with desk.store.database.writing() as session:
        hold(session, [f"reading:{person.id}"])  # two windows that open at once begin one span
        if not _extend(session, desk.store, person.id, now, posts=1):
            session.add(ReadingSpan(user_id=person.id, began_at=now, last_at=now, posts=1))


def acted(store: Store, person: Person) -> None:
    """Note that a person who reads did something at the desk; one who does not read begins nothing by it."""
    if person.scopes is None:
        with store.database.writing() as session:
            _extend(session, store, person.id, store.clock())


def forget_spans(session: Session, now: datetime) -> None:
    """Delete what is older than thirty days."""
    session.execute(delete(ReadingSpan).where(ReadingSpan.last_at <= now - KEPT))


def _extend(session: Session, store: Store, user: str, now: datetime, posts: int = 0) -> bool:
    """Make the person's last span longer, unless they have had a break since; tell whether it was."""
    newest = select(func.max(ReadingSpan.id)).where(ReadingSpan.user_id == user).scalar_subquery()
    since = now - timedelta(minutes=store.settings.exposure_break_minutes)
    mine = update(ReadingSpan).where(ReadingSpan.id == newest, ReadingSpan.last_at >= since)
    longer = mine.values(last_at=now, posts=ReadingSpan.posts + posts).returning(ReadingSpan.id)
    return session.scalar(longer) is not None
