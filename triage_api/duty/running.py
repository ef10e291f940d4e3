"""The unattended step: whoever stands in is told of what is immediate and not taken in time.

An item is late once it has waited `target_immediate_minutes` while somebody was on duty without a gap: then those who
stand in for whoever is on duty are told or, if nobody was named, every supervisor. While nobody is on duty nobody will
take it: every supervisor is told at once. A request that says danger is now counts too: whoever made it was told first
to call 911, and the watch must know all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import DeskAlert, QueueItem, User
from triage_api.access.models import Role
from triage_api.duty.alerts import forget_past, is_immediate, is_untaken, tell
from triage_api.duty.standing import Standing, standing
from triage_api.exposure.ticking import forget_spans

_EVERY = timedelta(minutes=1)
_FORGET_EVERY = timedelta(hours=1)
_LATE = "unacknowledged"


def watching(store: Store) -> Callable[[], int]:
    """Return the step; it looks once a minute, lets go of what is old once an hour, and returns how many were told."""
    looked, forgot = store.clock() - _EVERY, store.clock() - _FORGET_EVERY

    def run() -> int:
        nonlocal looked, forgot
        now = store.clock()
        if now - looked < _EVERY:
            return 0
        looked = now
        told = tell_late(store)
        if now - forgot >= _FORGET_EVERY:
            forgot = now
            _forget(store, now)
        return told

    return run


def tell_late(store: Store) -> int:
    """Tell of every immediate item that nobody took in time, or is at any more; return how many alerts are new.

    It writes only if somebody is to be told; several workers at once tell each person once.
    """
    now = store.clock()
    with store.database.reading() as session:
        waiting = _untaken(session, now)
        if not waiting:
            return 0
        found = standing(session, store.settings, now)
        late = [item for item, came in waiting if _is_late(store, found, came, now)]
        pairs = {(user, item) for user in _whom(session, found) for item in late} - _told(session)
    if not pairs:
        return 0
    with store.database.writing() as session:
        return tell(session, _LATE, pairs, now)


def _untaken(session: Session, now: datetime) -> list[tuple[str, datetime]]:
    waiting = (QueueItem.status == "open", is_immediate(), is_untaken(now))
    return [(item, came) for item, came in session.execute(select(QueueItem.id, QueueItem.created_at).where(*waiting))]


def _is_late(store: Store, found: Standing, came: datetime, now: datetime) -> bool:
    if found.since is None:
        return True
    return now - max(came, found.since) >= timedelta(minutes=store.settings.target_immediate_minutes)


def _whom(session: Session, found: Standing) -> set[str]:
    """Return the ids of who is told."""
    return {one.backup for one in found.on_duty if one.backup} or _supervisors(session)


def _supervisors(session: Session) -> set[str]:
    """Return every supervisor, trained or not: without content, and somebody must know."""
    users = session.execute(select(User.id, User.roles).where(User.active))
    return {user for user, roles in users if Role.SUPERVISOR in roles}


def _told(session: Session) -> set[tuple[str, str]]:
    told = select(DeskAlert.user_id, DeskAlert.about).where(DeskAlert.kind == _LATE)
    return {(user, item) for user, item in session.execute(told)}


def _forget(store: Store, now: datetime) -> None:
    with store.database.writing() as session:
        forget_past(session, now)
        forget_spans(session, now)
