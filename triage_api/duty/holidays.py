"""Public holidays of Québec: days on which a house is not taken to work (Loi sur les normes du travail, art. 60)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_SUNDAY = 6


def is_holiday(day: date) -> bool:
    """Tell whether a day is a public holiday; Good Friday and Easter Monday, of which a house picks one, both are."""
    return day in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[date]:
    easter = _easter(year)
    fixed = {date(year, month, day) for month, day in ((1, 1), (6, 24), (12, 25))}
    canada = date(year, 7, 1) + timedelta(days=date(year, 7, 1).weekday() == _SUNDAY)
    mondays = {_monday(date(year, 5, 18)), _monday(date(year, 9, 1)), _monday(date(year, 10, 8))}
    return frozenset({easter - timedelta(days=2), easter + timedelta(days=1), canada} | fixed | mondays)


def _monday(day: date) -> date:
    """Return the first Monday from a day on."""
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher)."""
    century, rest = divmod(year, 100)
    skipped, leaps = divmod(century, 4)
    moon = (19 * (year % 19) + century - skipped - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * leaps + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
