"""The periods of trends: whole months that are over, and no others.

Two periods that differ by a day would tell that day: so nobody chooses one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from store.clock import house_day
from store.errors import BadInput
from triage_api.retention.reporting import read_month

CLOSES_ON = 3
"""A month is published on this day of the next one."""
MOST = 24
"""Months that are told at once."""


def name_of(first: date) -> str:
    """Return the name of the month that begins on a day: ``2026-11``."""
    return f"{first:%Y-%m}"


def last_of(first: date) -> date:
    """Return the last day of the month that begins on a day."""
    return after(first) - timedelta(days=1)


def after(first: date) -> date:
    """Return the first day of the following month."""
    return (first + timedelta(days=31)).replace(day=1)


def over(first: date, now: datetime) -> bool:
    """Tell whether the month that begins on a day may be published by now."""
    return house_day(now) >= after(first).replace(day=CLOSES_ON)


def newest_over(now: datetime) -> date:
    """Return the first day of the newest month that may be published by now."""
    today = house_day(now)
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return month if over(month, now) else (month - timedelta(days=1)).replace(day=1)


def between(since: date, until: date) -> list[date]:
    """Return the months from one to another, both included, as their first days."""
    found = [since]
    while found[-1] < until:
        found.append(after(found[-1]))
    return found


def asked(since: str | None, until: str | None, now: datetime) -> list[date]:
    """Return the months of a period that is asked for; the year that ended last without one.

    Raises `BadInput` with the code ``differencing`` for anything but whole months that are over: a figure of some days
    could be subtracted from its month's.
    """
    last = _asked(until, "until", now) if until else newest_over(now)
    first = _asked(since, "since", now) if since else max(date(2000, 1, 1), (last - timedelta(days=334)).replace(day=1))
    if first > last:
        raise BadInput("The first month is after the last one.", code="months_reversed", field="since")
    found = between(first, last)
    if len(found) > MOST:
        raise BadInput(f"At most {MOST} months at once.", code="too_many_months", field="since")
    return found


def _asked(text: str, field: str, now: datetime) -> date:
    try:
        first = read_month(text)
    except BadInput:
        whole = "Trends are told by whole months, such as 2026-09: other periods could be subtracted from one another."
        raise BadInput(whole, code="differencing", field=field) from None
    if not over(first, now):
        runs = (
            f"{text} is not over and closed: what came in since could be told by subtracting. Ask for a month before."
        )
        raise BadInput(runs, code="differencing", field=field)
    return first
