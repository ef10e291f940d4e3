"""Moments as people and browsers write them."""

from __future__ import annotations

from datetime import datetime

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


def shown(moment: datetime) -> str:
    """Return a moment to the minute, in the time of Québec."""
    return moment.astimezone(house_zone()).strftime("%Y-%m-%d %H:%M")
