"""Moments as people and browsers write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta

from store.clock import house_zone


def as_moment(value: object) -> object:
    """Take a moment without a zone, as browsers send it, as one in the time of Québec; the rest is left to pydantic."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    if isinstance(value, datetime) and value.tzinfo is None:
        zone = house_zone()
        return value.replace(tzinfo=zone) if zone else value.astimezone()
    return value


def as_last_moment(value: object) -> object:
    """Take a bare day as all of it: its end; the rest is what `as_moment` makes of it."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return as_moment(datetime.combine(date.fromisoformat(value.strip()) + timedelta(days=1), time.min))
    return as_moment(value)


def reachable(moment: datetime) -> datetime:
    """Refuse a moment at the ends of the calendar: in another zone, which is how it is kept, there is none."""
    if not 1970 <= moment.year <= 2200:
        raise ValueError("a moment lies between 1970 and 2200")
    return moment


def shown(moment: datetime) -> str:
    """Return a moment to the minute, in the time of Québec."""
    return moment.astimezone(house_zone()).strftime("%Y-%m-%d %H:%M")
