"""What others may know of attempts: that one was done, on which day, and whether it was passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.store import Store
from store.tables import Lesson, User
from triage_api.teaching.cases import load_cases
from triage_api.teaching.course import Course, courses
from triage_api.teaching.models import ResultOut


def passed_days(store: Store) -> dict[str, date]:
    """Return the day on which each person, by id, last passed."""
    with store.database.reading() as session:
        return {user: house_day(done.last) for user, done in _done(session) if done.passed and done.last}


def results(session: Session, without: str) -> list[ResultOut]:
    """Return what became of the attempts of everybody but one person, newest first."""
    names = {row.id: row.pseudonym for row in session.execute(select(User.id, User.pseudonym))}
    done = [(one.last, user, one.passed) for user, one in _done(session) if user != without and one.last]
    return [ResultOut(who=names[user], on=house_day(last), passed=passed) for last, user, passed in sorted(done)[::-1]]


def _done(session: Session) -> Iterator[tuple[str, Course]]:
    """Yield each attempt that was done, oldest first of each person."""
    rows = session.scalars(select(Lesson).order_by(Lesson.user_id, Lesson.id))
    for user, own in groupby(rows, key=lambda row: row.user_id):
        yield from ((user, one) for one in courses(load_cases(), list(own)) if one.done)
