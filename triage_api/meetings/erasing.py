"""Erasing a youth ends the meetings that were about them; who met, and when, stays in the ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, func, select, update
from sqlalchemy.orm import Session

from store.tables import Meeting


def about(request: str) -> ColumnElement[bool]:
    """Return the condition that a meeting is about a request."""
    return cast(Meeting.requests, Text).contains(f'"{request}"', autoescape=True)


def end_meetings(session: Session, request: str, now: datetime) -> list[str]:
    """End the meetings about a request and blank why they were proposed; return the data keys to destroy."""
    ids = list(session.scalars(select(Meeting.id).where(about(request)).order_by(Meeting.id).with_for_update()))
    gone = update(Meeting).where(Meeting.id.in_(ids))
    session.execute(gone.values(sealed=b"", ended_at=func.coalesce(Meeting.ended_at, now)))
    return [key_name(one) for one in ids]


def key_name(meeting: str) -> str:
    """Return what a meeting's data key is called in the keyring."""
    return f"meeting:{meeting}"
