"""The histogram of a result as bars, for a template; the table beside it tells the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from triage_api.posts.drawing import WIDTH, Bar
from triage_api.searches.counts import Period

_HEIGHT = 80
_FOOT = 18
"""Room for the days under the bars."""
_MOST = 120
"""Periods that are drawn, the newest ones: the table has them all."""
_GAP = 0.2


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars from the first period drawn to the last, those without posts left out."""

    bars: list[Bar]
    first: date
    last: date
    most: int
    width: int = WIDTH
    height: int = _HEIGHT + _FOOT
    foot: int = _HEIGHT


def drawn(counts: Mapping[date, int] | None, period: Period | None) -> Histogram | None:
    """Return a bar for each period that has posts; None where nothing was counted or there is one period alone."""
    if not counts or period is None or len(counts) < 2:
        return None
    every = [*_periods(min(counts), max(counts), period)][-_MOST:]
    most = max(counts.get(day, 0) for day in every)
    step = WIDTH / len(every)
    bars = [
        Bar(round(step * at, 2), round(_HEIGHT - high, 2), round(step * (1 - _GAP), 2), round(high, 2))
        for at, day in enumerate(every)
        if (high := _HEIGHT * counts.get(day, 0) / most)
    ]
    return Histogram(bars, every[0], every[-1], most)


def _periods(first: date, last: date, period: Period) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        if period == "month":
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if period == "week" else 1)
