"""Publishing a month: once, on the third day after its end, by itself; what was published is never written again.

A published figure is withheld, or rounded to a multiple of 5. That nothing small follows from all of them rests on two
facts. The number of flagged texts is told or withheld before any other, and is the only figure that views which are
not by region share; where it is told, tables that each agree with it agree with each other. And all that is told by
region, but moves of campaigns, is looked at in one space.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from disclosure.figures import LEAST, Figure
from disclosure.rounding import rounded
from disclosure.suppression import suppressed
from store.clock import every
from store.counts import TREND, first_beginning_with, rounding_key
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import PublishedView
from triage_api.access.models import Person
from triage_api.shell.recording import enter, recording
from triage_api.trends.figures import (
    ATTRIBUTES,
    FLAGGED,
    MOVED,
    READ,
    REGIONS,
    Cell,
    Space,
    alone,
    counted,
    figure_in,
    regional,
    values_of,
)
from triage_api.trends.months import between, name_of, newest_over
from triage_api.trends.sampling import PER_1000, SAMPLE, sampled

STEP = "trends"
BY_REGION = "region"
"""The view that holds what is told by region: texts read, and texts with each signal."""
STANDARD = (BY_REGION, "criterion", *ATTRIBUTES, "moved", SAMPLE)
"""The views of a month that are published by themselves."""
LOCK = "trends"
_EVERY = timedelta(hours=1)
_BY_ITSELF = Person("", "", STEP, "", frozenset(), "fr")
"""Stands as actor in the register where nobody but the clock acted."""
Told = dict[Cell, int | None]
"""Figures as they may be told, before rounding; None: withheld."""


def closing(store: Store) -> Callable[[], int]:
    """Return the step; it looks once an hour and returns how many months it published."""
    return every(store.clock, _EVERY, lambda: publish_over(store))


def publish_over(store: Store) -> int:
    """Publish each month that is over and was not published; return how many were.

    A month before the first text was counted has no figures, and is not published.
    """
    newest = newest_over(store.clock())
    with store.database.reading() as session:
        first = first_beginning_with(session, TREND)
        done = set(session.scalars(select(PublishedView.month).where(PublishedView.view == BY_REGION)))
    if first is None or first > newest.replace(day=28):
        return 0
    months = between(first.replace(day=1), newest) if first.replace(day=1) <= newest else []
    return sum(_publish(store, month) for month in months if name_of(month) not in done)


def _publish(store: Store, month: date) -> bool:
    """Publish one month, all views at once; False if another did meanwhile."""
    with store.database.reading() as session:
        counts = counted(session, month)
        views = standard(month, counts) | {SAMPLE: sampled(session, month)}
    with recording(store) as session:
        hold(session, [LOCK])
        if session.get(PublishedView, (name_of(month), BY_REGION)) is not None:
            return False
        for view, told in views.items():
            session.add(row_of(store, month, view, told))
        figures = [count for told in views.values() for count in told.values()]
        said = {"month": name_of(month), "views": list(views), "figures": len(figures)}
        enter(session, store, _BY_ITSELF, Event.VIEW_PUBLISHED, said | {"withheld": figures.count(None)})
    return True


def standard(month: date, counts: Counter[Cell]) -> dict[str, Told]:
    """Return the standard views of a month but the sample's, what must be withheld withheld, before rounding."""
    total = counts[FLAGGED] if counts[FLAGGED] >= LEAST else None
    regions = [READ, *(READ._replace(region=one) for one in REGIONS), FLAGGED]
    regions += [Cell("signal", one, region) for one in values_of("signal") for region in (READ.region, *REGIONS)]
    views = {BY_REGION: _protected(regional(month), regions, counts, {FLAGGED: total})}
    criteria = [Cell("criterion", one, READ.region) for one in values_of("criterion")]
    views["criterion"] = {}
    for one in criteria:  # each beside the total alone: a text may meet several
        views["criterion"] |= _protected(alone(month, one), [one], counts, {FLAGGED: total})
    for attribute in ATTRIBUTES:
        cells = [Cell(attribute, value, READ.region) for value in values_of(attribute)]
        views[attribute] = _protected(alone(month, cells[0]), cells, counts, {FLAGGED: total})
    moves = [MOVED, *(MOVED._replace(value=one) for one in REGIONS), *(MOVED._replace(region=one) for one in REGIONS)]
    views["moved"] = _protected(alone(month, MOVED), moves, counts, {})
    return views


def _protected(space: Space, cells: Sequence[Cell], counts: Counter[Cell], before: Mapping[Cell, int | None]) -> Told:
    """Return cells with None for what must be withheld beside what was told before."""
    figures = [figure_in(space, cell, counts[cell]) for cell in cells]
    earlier = [figure_in(space, cell, count) for cell, count in before.items()]
    found = suppressed(figures, published=earlier)
    return {cell: figure.count for cell, figure in zip(cells, found, strict=True)}


def row_of(store: Store, month: date, view: str, told: Mapping[Cell, int | None]) -> PublishedView:
    """Return a view as it is kept: withheld or rounded, always the same way for one figure."""
    key = rounding_key(store.keys)
    whole = {"month": frozenset({name_of(month)})}
    named = {cell: whole | {part: frozenset({value or "*"}) for part, value in cell._asdict().items()} for cell in told}
    figures = [Figure(tuple(sorted(named[cell].items())), count) for cell, count in told.items()]
    shown = dict(zip(told, (one.count for one in rounded(figures, key)), strict=True))
    shown |= {PER_1000: told[PER_1000]} if PER_1000 in told else {}  # a rate, reckoned of figures that are told
    cells = [[*cell, count] for cell, count in shown.items()]
    return PublishedView(month=name_of(month), view=view, body={"cells": cells}, made_at=store.clock())


def published(session: Session, months: Iterable[date]) -> dict[tuple[str, str], Told]:
    """Return all that was published of some months, by month and view, as it is told: rounded, None for withheld."""
    rows = session.scalars(select(PublishedView).where(PublishedView.month.in_([name_of(one) for one in months])))
    return {(row.month, row.view): {Cell(*cell): count for *cell, count in row.body["cells"]} for row in rows}
