"""Counts that both engines answer alike: a facet's most frequent values, and matches by day, week or month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from store.index.base import MAX_FACET_VALUES, IndexQuery, Period
from store.index.document import DAYS

Json = dict[str, Any]

_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = (day.toordinal() - _EPOCH - at for at, day in enumerate(DAYS))
_HISTOGRAM = "histogram"
"""The name of an aggregation that no facet has."""


def aggregations(query: IndexQuery, **terms: Any) -> Json:
    """Return what to aggregate, in the form that both engines read; `terms` says how many values of a facet."""
    asked: Json = {facet: {"terms": {"field": facet, **terms}} for facet in query.facets}
    if query.histogram:
        bounds = {"min": _FIRST, "max": _LAST}
        days = {"field": "day", "interval": 1, "min_doc_count": 1, "hard_bounds": bounds}
        asked[_HISTOGRAM] = {"histogram": days}
    return asked


def counted(query: IndexQuery, answer: Json) -> Json:
    """Return the `facets` and the `histogram` of `Hits` that an engine's answer holds."""
    buckets = {name: [(each["key"], each["doc_count"]) for each in answer[name]["buckets"]] for name in query.facets}
    facets = {name: _most_frequent(found) for name, found in buckets.items()}
    if not query.histogram:
        return {"facets": facets}
    days = [(int(each["key"]), int(each["doc_count"])) for each in answer[_HISTOGRAM]["buckets"]]
    return {"facets": facets, "histogram": _by_period(days, query.histogram)}


def _most_frequent(found: Iterable[tuple[str, int]]) -> dict[str, int]:
    values = sorted(((str(value), int(count)) for value, count in found), key=lambda each: (-each[1], each[0]))
    return dict(values[:MAX_FACET_VALUES])


def _by_period(days: Iterable[tuple[int, int]], period: Period) -> dict[date, int]:
    periods: Counter[date] = Counter()
    for day, count in days:
        if count and _FIRST <= day <= _LAST:
            periods[_first_day(date.fromordinal(_EPOCH + day), period)] += count
    return dict(sorted(periods.items()))


def _first_day(day: date, period: Period) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day
