"""How long the text of a post that matches nothing is kept: as the house says, or sooner as its source's leave says."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.settings import Settings
from store.tables import Approval


def retention_of(session: Session, source_id: str) -> int | None:
    """Return the days that the newest leave granted for a source lets an unflagged text stay; None: it says nothing.

    A leave that ended or was suspended still holds here: what was collected under it was promised to go by then.
    """
    granted = select(Approval.retention_days).where(Approval.source_id == source_id, Approval.granted_at.is_not(None))
    return session.scalar(granted.order_by(Approval.id.desc()).limit(1))


def least_unflagged_days(session: Session, settings: Settings, source_id: str) -> int:
    """Return the fewest days that an unflagged text of a source may have stayed under any leave it ever had."""
    fewest = select(func.min(Approval.retention_days))
    leave = session.scalar(fewest.where(Approval.source_id == source_id, Approval.granted_at.is_not(None)))
    return settings.retain_unflagged_days if leave is None else min(leave, settings.retain_unflagged_days)


def unflagged_days(session: Session, settings: Settings, source_id: str) -> int:
    """Return the days until the text of an unflagged post of a source goes: the house's or the leave's, the fewer."""
    leave = retention_of(session, source_id)
    return settings.retain_unflagged_days if leave is None else min(leave, settings.retain_unflagged_days)
