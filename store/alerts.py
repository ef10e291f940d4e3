"""What a supervisor must be told of a source, until a supervisor has seen it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import NotFound
from store.locks import hold
from store.tables import SourceAlert

_MOST = 500


class AlertKind(StrEnum):
    """What can be wrong with a source."""

    WALL = "wall"
    """Its pages ask for a log-in."""
    CAPTCHA = "captcha"
    BLOCK = "block"
    """It refuses the collector."""
    TERMS = "terms"
    """Its terms changed, or cannot be read any more."""
    ROBOTS = "robots"
    """Its robots.txt forbids what is declared, or cannot be read."""
    EXPIRED = "expired"
    """Its approval came to its end."""
    FIELDS = "fields"
    """Fields that used to come no longer do."""


def tell(session: Session, source_id: str, kind: AlertKind, message: str, now: datetime) -> None:
    """Tell the supervisors; what is open of the same kind and source is brought up to date, not told twice."""
    hold(session, [f"alert:{source_id}:{kind}"])
    same = select(SourceAlert).where(SourceAlert.source_id == source_id, SourceAlert.kind == kind)
    row = session.scalar(same.where(SourceAlert.seen_at.is_(None)))
    if row is None:
        row = SourceAlert(source_id=source_id, kind=kind, at=now)
        session.add(row)
    row.message, row.last_at = message[:_MOST], now


def open_alerts(session: Session, source_id: str | None = None) -> list[SourceAlert]:
    """Return what no supervisor has seen yet, of one source or of all, the latest met first."""
    wanted = select(SourceAlert).where(SourceAlert.seen_at.is_(None))
    if source_id is not None:
        wanted = wanted.where(SourceAlert.source_id == source_id)
    return list(session.scalars(wanted.order_by(SourceAlert.last_at.desc(), SourceAlert.id.desc())))


def see(session: Session, alert_id: int, *, by: str, now: datetime) -> SourceAlert:
    """Note who has seen an alert; the first who did stays. `NotFound` if there is no such alert.

    `by` is a pseudonym. What is met again afterwards is told anew.
    """
    row = session.scalar(select(SourceAlert).where(SourceAlert.id == alert_id).with_for_update())
    if row is None:
        raise NotFound("There is no such alert.")
    if row.seen_at is None:
        row.seen_at, row.seen_by = now, by
    return row
