"""Answers to fictional cases, as they are kept: nothing else in the store rests on them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.tables import Lesson

KEPT = timedelta(days=730)
"""An attempt goes two years after its last answer."""


def forget_lessons(session: Session, now: datetime) -> None:
    """Delete the attempts whose last answer is older than two years: whole ones, so that none is left half."""
    last = func.max(Lesson.at)
    old = select(Lesson.user_id, Lesson.course).group_by(Lesson.user_id, Lesson.course).having(last <= now - KEPT)
    for user, course in session.execute(old).all():
        session.execute(delete(Lesson).where(Lesson.user_id == user, Lesson.course == course))
