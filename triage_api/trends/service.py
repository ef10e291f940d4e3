"""Trends as they are told: from what was published, never from what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import cast

from disclosure.figures import LEAST
from disclosure.rounding import BASE
from nlp.searches import SearchScope
from store.errors import BadInput
from store.store import Store
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.sources.coverage import coverage, without_names
from triage_api.sources.covering import Coverage
from triage_api.trends.dictionary import VERSION
from triage_api.trends.figures import ALL, FLAGGED, READ, Attribute, Cell
from triage_api.trends.models import TrendCell, TrendMonth, TrendsOut
from triage_api.trends.months import asked, name_of
from triage_api.trends.pairs import PAIRED, publish_pairs, view_of
from triage_api.trends.publishing import BY_REGION, STANDARD, Told, published

_SIGNALS = ("signal", "signal,region")
CHOICES = (*_SIGNALS, *STANDARD, *map(view_of, PAIRED))
"""All that trends may be asked by."""
_PER = 1000


def trends(store: Store, person: Person, by: str, since: str | None = None, until: str | None = None) -> TrendsOut:
    """Return figures by something over whole months that are over.

    `BadInput` for a period or a `by` that is never told; an attribute by region as `pairs.publish_pairs`.
    """
    require(person, Action.TREND_READ)
    chosen = _chosen(by)
    months = asked(since, until, store.clock())
    view = BY_REGION if chosen in _SIGNALS else chosen
    if view not in STANDARD:
        publish_pairs(store, person, cast("Attribute", chosen.partition(",")[0]), months)
    with store.database.reading() as session:
        found = published(session, months)
        covered = without_names(coverage(session, store, SearchScope()))
    return _told(chosen, months, {one: _cells(found, name_of(one), view, chosen) for one in months}, covered)


def _told(by: str, months: Sequence[date], cells: Mapping[date, list[TrendCell]], covered: Coverage) -> TrendsOut:
    return TrendsOut(
        by=by.split(","),
        since=name_of(months[0]),
        until=name_of(months[-1]),
        least=LEAST,
        nearest=BASE,
        dictionary=VERSION,
        months=[TrendMonth(month=name_of(one), cells=cells[one]) for one in months],
        coverage=covered,
    )


def _chosen(by: str) -> str:
    """Return what trends are asked by in the one order in which it is written."""
    parts = [part.strip() for part in by.split(",")]
    chosen = ",".join(sorted(parts, key=lambda part: part == "region"))
    if chosen not in CHOICES:
        message = f"Trends are told by one of: {'; '.join(CHOICES)}."
        raise BadInput(message, code="not_counted", field="by")
    return chosen


def _cells(found: Mapping[tuple[str, str], Told], month: str, view: str, by: str) -> list[TrendCell]:
    told, whole = found.get((month, view), {}), found.get((month, BY_REGION), {})
    cells = [cell for cell in told if _is_wanted(cell, by)]
    return [_cell(cell, told[cell], whole) for cell in cells]


def _is_wanted(cell: Cell, by: str) -> bool:
    if by == BY_REGION:
        return cell.figure == "read"
    if by == "signal":
        return cell.region == ALL
    return by != "signal,region" or cell.figure == "signal"


def _cell(cell: Cell, count: int | None, whole: Told) -> TrendCell:
    """Return a figure with its rate: of texts read, for what was flagged; of texts flagged, for what these were."""
    shown = TrendCell(figure=cell.figure, value=cell.value, region=cell.region, count=count)
    beside = {"flagged": READ, "signal": READ}.get(cell.figure, FLAGGED)._replace(region=cell.region)
    among = whole.get(beside)
    if cell.figure not in ("read", "moved", "sample", "sample_missed") and beside in whole:
        shown.of, shown.per = beside.figure, _PER
        shown.rate = round(_PER * count / among, 1) if count is not None and among else None
    return shown


def by_value(cells: Iterable[TrendCell], region: str = ALL) -> list[TrendCell]:
    """Return the figures of one region, those that are told first, the largest first."""
    own = [cell for cell in cells if cell.region == region]
    return sorted(own, key=lambda cell: -1 if cell.count is None else cell.count, reverse=True)
