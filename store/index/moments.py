"""Days as the index compares them: moments in milliseconds, of days in the time of Québec."""

from __future__ import annotations

from datetime import date, datetime, time

from nlp.query import Field
from nlp.query_tree import BOUNDS
from store.clock import house_zone
from store.index.document import milliseconds


def first_moment(day: date) -> int:
    """Return the first millisecond of a day."""
    return milliseconds(_in_house(day, time.min))


def last_moment(day: date) -> int:
    """Return the last millisecond of a day."""
    return milliseconds(_in_house(day, time.max))


def bounds(field: Field) -> tuple[int | None, int | None] | None:
    """Return the first and the last moment that a field of the query leaves; None if it is not about days."""
    if field.name not in BOUNDS:
        return None
    day = date.fromisoformat(field.value)
    return (first_moment(day), None) if field.name == "since" else (None, last_moment(day))


def _in_house(day: date, at: time) -> datetime:
    moment = datetime.combine(day, at, house_zone())
    return moment if moment.tzinfo else moment.astimezone()
