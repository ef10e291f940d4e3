"""The unattended step: requests that are due soon or late are told to supervisors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from store.clock import every
from store.store import Store
from store.tables import DeskAlert, RightsCase
from triage_api.duty.alerts import tell_again
from triage_api.referrals.running import supervisors
from triage_api.rights.answering import DUE

STEP = "rights"
_EVERY = timedelta(minutes=10)
_AHEAD = timedelta(days=7)


def keeping(store: Store) -> Callable[[], int]:
    """Return the step; it looks now and then, and returns how many requests somebody was told of."""
    return every(store.clock, _EVERY, lambda: tell_due(store))


def tell_due(store: Store) -> int:
    """Tell supervisors of what is due within seven days, and again once it is late; return how many there were."""
    now = store.clock()
    with store.database.reading() as session:
        due, people = _untold(session, now), supervisors(session)
    if not (due and people):
        return 0
    with store.database.writing() as session:
        for one in due:
            for user in people:
                tell_again(session, DUE, user, one, now)
    return len(due)


def _untold(session: Session, now: datetime) -> list[str]:
    """Return what waits for its answer and is due soon, told to nobody; and what is late, told to nobody since."""
    told = select(DeskAlert.id).where(DeskAlert.kind == DUE, DeskAlert.about == RightsCase.id)
    soon = and_(RightsCase.due_at <= now + _AHEAD, ~told.exists())
    late = and_(RightsCase.due_at <= now, ~told.where(DeskAlert.at >= RightsCase.due_at).exists())
    waits = select(RightsCase.id).where(RightsCase.answered_at.is_(None), or_(soon, late))
    return list(session.scalars(waits.order_by(RightsCase.id)))
