"""When a request and all that was told with it goes: so long after the last thing that people did about it.

A request that still waits for its answer, or was opened again, has no end. One that was handed over goes at once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from store.settings import Settings
from store.tables import EntenteStep, Message, QueueItem, Referral, Request, Subject

ENDED = ("answered", "closed")
"""States in which a request waits for nothing more from the desk."""


def ends_of(session: Session, settings: Settings, ids: Collection[str] | None = None) -> dict[str, datetime]:
    """Return when each request goes that has an end, or of some of them, soonest first; held ones too."""
    kept = select(Request).join(Subject, Subject.id == Request.subject_id)
    kept = kept.where(Subject.erased_at.is_(None), _is_ended())
    rows = session.scalars(kept if ids is None else kept.where(Request.id.in_(ids))).all()
    touched = _touched(session, [row.id for row in rows])
    ends = {row.id: row.handed_at or _last(row, touched) + timedelta(days=settings.request_days) for row in rows}
    return dict(sorted(ends.items(), key=lambda one: (one[1], one[0])))


def _is_ended() -> ColumnElement[bool]:
    """Return the condition that nothing is waited for: answered, closed (at 18, without one), or found and unasked."""
    ended = and_(Request.status.in_(ENDED), or_(Request.answered_at.is_not(None), Request.closed_at.is_not(None)))
    waits = exists().where(QueueItem.request_id == Request.id, QueueItem.status == "open")
    return or_(ended, and_(Request.found_at.is_not(None), ~waits))


def is_over(session: Session, settings: Settings, row: Request, now: datetime) -> bool:
    """Tell whether a request, whose row is held, goes now."""
    end = ends_of(session, settings, [row.id]).get(row.id)
    return end is not None and end <= now


def _last(row: Request, touched: dict[str, datetime]) -> datetime:
    moments = (row.answered_at, row.closed_at, row.found_at, touched.get(row.id))
    return max(moment for moment in moments if moment is not None)


def _touched(session: Session, ids: Collection[str]) -> dict[str, datetime]:
    """Return when somebody last wrote in a request, took a step of its case or moved a referral of it on."""
    referral = func.coalesce(Referral.outcome_at, Referral.acknowledged_at, Referral.sent_at, Referral.created_at)
    found: dict[str, datetime] = {}
    for column, moment in (
        (Message.request_id, Message.created_at),
        (EntenteStep.request_id, EntenteStep.at),
        (Referral.request_id, referral),
    ):
        query = select(column, func.max(moment)).where(column.in_(ids)).group_by(column)
        for request, last in session.execute(query):
            found[request] = max(last, found.get(request, last))
    return found
