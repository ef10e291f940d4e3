"""Hours of the house's clock as moments: over midnight, and on the days on which clocks change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from store.clock import house_day, house_zone
from triage_api.access.shifts import Shift

_DAY = 24 * 60
Span = tuple[datetime, datetime]
"""From a moment until before another one, both in UTC."""


def at(day: date, hour: time, *, second: bool = False) -> datetime:
    """Return the moment of an hour of the house's clock, in UTC.

    In November an hour comes twice: `second` means the later one. In March one is left out: 02:30 is then the moment
    two and a half hours after midnight, which the clock shows as 03:30.
    """
    shown = datetime.combine(day, hour).replace(fold=int(second))
    zone = house_zone()
    return (shown.replace(tzinfo=zone) if zone else shown.astimezone()).astimezone(UTC)


def next_time(hour: time, now: datetime) -> datetime:
    """Return the next moment at which the house's clock shows an hour."""
    today = house_day(now)
    days = [today + timedelta(days=step) for step in range(3)]
    moments = (at(day, hour, second=second) for day in days for second in (False, True) if _comes(day, hour, second))
    return min(moment for moment in moments if moment > now)


def _comes(day: date, hour: time, second: bool) -> bool:
    """Tell whether a clock shows an hour; one that is left out counts once."""
    return not second or at(day, hour, second=True).astimezone(house_zone()).time() == hour


def stretches(shift: Shift, since: datetime, until: datetime) -> Iterator[Span]:
    """Yield the working hours between two moments, to the minute; those over midnight are one."""
    first = house_day(since) - timedelta(days=7)
    monday = first - timedelta(days=first.weekday())
    while monday <= house_day(until):
        for start, end in shift.spans:
            begins, ends = max(_of_week(monday, start), since), min(_of_week(monday, end), until)
            if begins < ends:
                yield begins, ends
        monday += timedelta(days=7)


def _of_week(monday: date, minutes: int) -> datetime:
    days, rest = divmod(minutes, _DAY)
    return at(monday + timedelta(days=days), time(rest // 60, rest % 60))


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that touch or overlap as one."""
    joined: list[Span] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], ends)
        else:
            joined.append((begins, ends))
    return joined
