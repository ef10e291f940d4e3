"""By when a referral is acknowledged, and by when what one person disclosed alone is reviewed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from store.clock import house_day, house_zone
from store.errors import NotSetUp
from store.settings import Settings
from triage_api.access.shifts import Shift, house_hours
from triage_api.duty.hours import Span, at, stretches

OUTCOME_WITHIN = timedelta(days=30)
"""So long after its acknowledgement the pivot is reminded that nobody knows what became of it."""
_AHEAD = timedelta(days=15)
_SATURDAY = 5


def acknowledged_by(settings: Settings, sent: datetime, *, urgent: bool) -> datetime:
    """Return by when what is sent at a moment is acknowledged."""
    within = timedelta(hours=settings.referral_urgent_hours) if urgent else timedelta(days=settings.referral_days)
    return sent + within


def reviewed_by(settings: Settings, sent: datetime) -> datetime:
    """Return by when a disclosure is reviewed; a day on which the house does not work is put off to the next one.

    It is then due at the end of that day's hours. A house that says no hours works from Monday to Friday.
    """
    due = sent + timedelta(hours=settings.disclosure_review_hours)
    shift = _hours(settings)
    if shift is None:
        return _off_weekend(due)
    if _on_day(shift, house_day(due)):
        return due
    return next((ends for _, ends in stretches(shift, due, due + _AHEAD)), due)


def _hours(settings: Settings) -> Shift | None:
    try:
        return house_hours(settings)
    except NotSetUp:  # every page says so elsewhere; a review is due all the same
        return None


def _on_day(shift: Shift, day: date) -> list[Span]:
    return list(stretches(shift, at(day, time.min), at(day + timedelta(days=1), time.min)))


def _off_weekend(due: datetime) -> datetime:
    """Put what falls on a week-end off to Monday, at the same hour of the house's clock."""
    day = house_day(due)
    if day.weekday() < _SATURDAY:
        return due
    return at(day + timedelta(days=7 - day.weekday()), due.astimezone(house_zone()).time())
