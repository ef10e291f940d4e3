"""The one clock of the house; tests put another in its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def every(clock: Clock, period: timedelta, act: Callable[[], int]) -> Callable[[], int]:
    """Return an unattended step that acts at once and then once in each period; 0 in between."""
    acted = clock() - period

    def run() -> int:
        nonlocal acted
        if clock() - acted < period:
            return 0
        acted = clock()
        return act()

    return run


@cache
def house_zone() -> tzinfo | None:
    """Return the time zone of Québec; None, the machine's own, where no time zone data are installed."""
    try:
        return ZoneInfo("America/Toronto")
    except ZoneInfoNotFoundError:
        return None


def latest_day(moment: datetime) -> date:
    """Return the latest day that anybody's calendar shows at a moment: a day after it is to come for all."""
    return (moment.astimezone(UTC) + timedelta(hours=14)).date()


def house_day(moment: datetime) -> date:
    """Return the day in Québec at a moment."""
    return moment.astimezone(house_zone()).date()
