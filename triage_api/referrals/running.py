"""The unattended step: late referrals escalate, those without an outcome are asked after, late reviews are told again.

Each once, in a transaction of its own, whoever else runs it too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from store.clock import every
from store.errors import Conflict, NotFound
from store.register import Event, append
from store.store import Store
from store.tables import DeskAlert, Pivot, Referral, Request, User
from triage_api.access.models import Role
from triage_api.directory.finding import pivot_to_tell
from triage_api.duty.alerts import tell, tell_again
from triage_api.notices.queueing import notify
from triage_api.referrals.alone import REVIEW, reviewers
from triage_api.referrals.due import OUTCOME_WITHIN
from triage_api.referrals.held import said_of
from triage_api.referrals.reading import stands
from triage_api.shell.recording import recording

LATE = "referral_late"
STEP = "referrals"
"""Stands as actor in the register where nobody but the clock acted."""
_EVERY = timedelta(minutes=1)
_AT_ONCE = 200


def chasing(store: Store) -> Callable[[], int]:
    """Return the step; it looks once a minute and returns how many referrals somebody was told of."""
    return every(store.clock, _EVERY, lambda: chase(store))


def chase(store: Store) -> int:
    """Do all that is due, and return how many referrals, and answers to review, somebody was told of."""
    now = store.clock()
    count = _each(store, Referral, _late(now), _escalate, now) + _each(store, Referral, _unanswered(now), _remind, now)
    told_alone = Referral.alone.is_(True), *_unreviewed(Referral, now)
    count += _each(store, Referral, told_alone, _call_for_review, now)
    return count + _each(store, Request, _unreviewed(Request, now), _call_for_review, now)


Row = TypeVar("Row", Referral, Request)
Condition = Sequence[ColumnElement[bool]]


def _late(now: datetime) -> Condition:
    return (Referral.state == "sent", Referral.due_at <= now, Referral.escalated_at.is_(None))


def _unanswered(now: datetime) -> Condition:
    since = Referral.acknowledged_at <= now - OUTCOME_WITHIN
    return (Referral.state == "acknowledged", since, Referral.reminded_at.is_(None))


def _unreviewed(table: type[Referral | Request], now: datetime) -> Condition:
    """Return what is late for its review and was told to nobody since it is."""
    told = select(DeskAlert.id).where(
        DeskAlert.kind == REVIEW, DeskAlert.about == table.id, DeskAlert.at >= table.review_due_at
    )
    return (table.reviewed_at.is_(None), table.review_due_at <= now, ~told.exists())


def _each(
    store: Store,
    table: type[Row],
    found: Condition,
    act: Callable[[Session, Store, Row, datetime], bool],
    now: datetime,
) -> int:
    """Do what is due for each row that it is due for, each in a transaction; return of how many anybody was told."""
    with store.database.reading() as session:
        due = list(session.scalars(select(table.id).where(*found).order_by(table.id).limit(_AT_ONCE)))
    return sum(_one(store, table, identity, found, act, now) for identity in due)


def _one(
    store: Store,
    table: type[Row],
    identity: str,
    found: Condition,
    act: Callable[[Session, Store, Row, datetime], bool],
    now: datetime,
) -> bool:
    """Do what is due for one row, if it still is; tell whether anybody was told."""
    with recording(store) as session:
        row = session.scalar(select(table).where(table.id == identity, *found).with_for_update())
        return row is not None and act(session, store, row, now)


def _escalate(session: Session, store: Store, row: Referral, now: datetime) -> bool:
    """Tell whoever stands in and every supervisor that nobody acknowledged; one whose consent is gone waits for nobody.

    Without a back-up who can be told now, the supervisors alone hear of it.
    """
    row.escalated_at = now
    if not stands(session, store, row):
        return False
    backup = _backup(session, store, row)
    if backup is not None:
        notify(session, store, backup, "reminder", row.id)
    tell(session, LATE, [(user, row.id) for user in supervisors(session)], now)
    said = said_of(row) | {"pivot": row.pivot_id, "backup": backup}
    append(session, event=Event.REFERRAL_ESCALATED, actor=STEP, at=now, public=said)
    return True


def _remind(session: Session, store: Store, row: Referral, now: datetime) -> bool:
    row.reminded_at = now
    closed = select(Request.closed_at).where(Request.id == row.request_id)
    if not stands(session, store, row) or session.scalar(closed) is not None:
        return False
    with suppress(Conflict, NotFound):  # nobody is there to be reminded
        notify(session, store, pivot_to_tell(session, store, row.pivot_id).id, "reminder", row.id)
    return True


def _call_for_review(session: Session, _store: Store, row: Referral | Request, now: datetime) -> bool:
    whom = reviewers(session, row)
    for user in whom:
        tell_again(session, REVIEW, user, row.id, now)
    return bool(whom)


def supervisors(session: Session) -> list[str]:
    """Return the ids of every supervisor, trained or not: it says nothing of anybody, and somebody must know."""
    users = session.execute(select(User.id, User.roles).where(User.active))
    return [user for user, roles in users if Role.SUPERVISOR in roles]


def _backup(session: Session, store: Store, row: Referral) -> str | None:
    """Return who stands in for a referral's pivot, if they can be told something now."""
    named = session.get_one(Pivot, row.pivot_id).backup_id
    with suppress(Conflict, NotFound):
        return pivot_to_tell(session, store, named).id if named else None
    return None
