"""What others must hear of emergency accesses: which is open, which nobody has seen, which is reviewed too late."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import BrokenGlass
from triage_api.access.models import Person
from triage_api.access.policy import Action, may

REVIEW_WITHIN = timedelta(days=7)
"""A review that comes after this is late: `vigie doctor` and the metrics tell it."""


def open_glass(session: Session, user: str, now: datetime) -> str:
    """Return the id of the emergency access that an account has at this moment; empty if none."""
    mine = (BrokenGlass.user_id == user, BrokenGlass.act == "", BrokenGlass.expires_at > now)
    return session.scalar(select(BrokenGlass.id).where(*mine)) or ""


def alerts(store: Store, person: Person) -> int:
    """Return how many emergency accesses of others nobody has seen or reviewed; 0 for whoever does not review them."""
    if not may(person, Action.GLASS_REVIEW):
        return 0
    unseen = (BrokenGlass.user_id != person.id, BrokenGlass.seen_at.is_(None), BrokenGlass.reviewed_at.is_(None))
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(BrokenGlass).where(*unseen)) or 0


def unreviewed(session: Session, now: datetime) -> tuple[int, int]:
    """Return how many emergency accesses wait for their review, and how many of them have waited too long."""
    late = func.count().filter(BrokenGlass.opened_at <= now - REVIEW_WITHIN)
    waiting, overdue = session.execute(select(func.count(), late).where(BrokenGlass.reviewed_at.is_(None))).one()
    return int(waiting), int(overdue)
