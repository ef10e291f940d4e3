"""By when a referral is acknowledged, and by when what one person disclosed alone is reviewed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from store.clock import house_day, house_zone
from store.errors import NotSetUp
from store.settings import Settings
from triage_api.access.shifts import Shift, house_hours
from triage_api.duty.holidays import is_holiday
from triage_api.duty.hours import at, stretches

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

    It is then due at the end of that day's hours. A house that says no hours works from Monday to Friday, and is due at
    the same hour of its clock. No house is taken to work on a public holiday.
    """
    due = sent + timedelta(hours=settings.disclosure_review_hours)
    shift, day = _hours(settings), house_day(due)
    if _works(shift, day):
        return due
    following = next((later for later in _days_after(day) if _works(shift, later)), day)
    if shift is None or following == day:
        return at(following, due.astimezone(house_zone()).time())
    return max(ends for _, ends in stretches(shift, *_bounds(following)))


def _hours(settings: Settings) -> Shift | None:
    try:
        return house_hours(settings)
    except NotSetUp:  # every page says so elsewhere; a review is due all the same
        return None


def _works(shift: Shift | None, day: date) -> bool:
    """Tell whether a house works on a day."""
    if is_holiday(day):
        return False
    return day.weekday() < _SATURDAY if shift is None else any(True for _ in stretches(shift, *_bounds(day)))


def _bounds(day: date) -> tuple[datetime, datetime]:
    return at(day, time.min), at(day + timedelta(days=1), time.min)


def _days_after(day: date) -> list[date]:
    return [day + timedelta(days=step) for step in range(1, _AHEAD.days + 1)]
