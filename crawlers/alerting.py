"""What the supervisors are told of a source: what a collection met, and what is seen only over several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crawlers.health import BROUGHT, found_wrong
from store.alerts import AlertKind, tell
from store.tables import Approval, Run, SourceAlert

Alert = tuple[AlertKind, str]
CHECKS: tuple[Callable[[Session, str], Iterable[Alert]], ...] = (found_wrong,)
"""What looks at a source once its newest run is written, and says what is wrong with it."""
AGAIN = timedelta(days=1)
"""For so long somebody who has seen how a source stands is not told that it stands so still."""
_OF_A_PAGE = frozenset({AlertKind.WALL, AlertKind.CAPTCHA, AlertKind.BLOCK})
"""Kinds whose message names a page, which may be another each time."""


def raise_alerts(session: Session, source_id: str, met: Iterable[Alert], now: datetime) -> None:
    """Tell what a collection met and what the checks find."""
    session.flush()
    found = [alert for check in CHECKS for alert in check(session, source_id)]
    for kind, message in (*met, *found):
        tell_once(session, source_id, kind, message, now)


def tell_once(session: Session, source_id: str, kind: AlertKind, message: str, now: datetime) -> None:
    """Tell the supervisors, unless one of them has seen it within a day and it stands as it stood then."""
    seen = select(SourceAlert).where(SourceAlert.source_id == source_id, SourceAlert.kind == kind)
    last = session.scalar(seen.order_by(SourceAlert.id.desc()).limit(1))
    if last is not None and last.seen_at is not None and now - last.seen_at < AGAIN:
        same = kind in _OF_A_PAGE or last.message == message
        if same and not _changed_since(session, source_id, last.last_at, now):
            last.last_at = now
            return
    tell(session, source_id, kind, message, now)


def _changed_since(session: Session, source_id: str, last: datetime, now: datetime) -> bool:
    """Tell whether a collection went well in between, without meeting it, or a new leave was given."""
    well = select(Run.id).where(Run.source_id == source_id, BROUGHT, Run.finished_at > last, Run.finished_at < now)
    leave = select(Approval.id).where(Approval.source_id == source_id)
    anew = leave.where(or_(Approval.granted_at > last, Approval.suspended_at > last))
    return session.scalar(well.limit(1)) is not None or session.scalar(anew.limit(1)) is not None
