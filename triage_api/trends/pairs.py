"""Views that are no standard ones: an attribute by region, told and remembered if nothing small follows from it.

Such a view is suppressed like any other, and then held against each view of its month that was published by region, one
by one: two of them have but the number of flagged texts of a region in common, which is never told. What could be
worked out of both together is refused, never told in part: so that whoever asks learns which view stands against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from sqlalchemy import select

from disclosure.atoms import TooMany
from disclosure.differencing import Refusal, refusals
from disclosure.figures import Figure, Scope
from disclosure.suppression import suppressed
from store.errors import BadInput, Conflict
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import PublishedView
from triage_api.access.models import Person
from triage_api.shell.recording import enter, recording
from triage_api.trends.figures import (
    FLAGGED,
    REGIONS,
    Attribute,
    Cell,
    Space,
    counted,
    figure_in,
    flagged_only,
    values_of,
)
from triage_api.trends.months import name_of
from triage_api.trends.publishing import BY_REGION, LOCK, Told, published, row_of

MOST_NEW = 3
"""Months of such a view that are looked at in one call: each takes seconds."""
PAIRED: tuple[Attribute, ...] = ("kind", "language", "place", "side")
"""Attributes that may be asked for by region; the kind of a source in a region may be one source."""


def view_of(attribute: Attribute) -> str:
    """Return the name of the view of an attribute by region."""
    return f"{attribute},region"


def publish_pairs(store: Store, person: Person, attribute: Attribute, months: Sequence[date]) -> None:
    """Publish an attribute by region for some published months, those that have it already aside.

    Raises `Conflict` with the code ``differencing`` if a small figure could be worked out of it beside what was
    published; then the months before that one are published. `BadInput` for more than `MOST_NEW` new months.
    """
    view = view_of(attribute)
    with store.database.reading() as session:
        wanted = [name_of(one) for one in months]
        rows = session.execute(select(PublishedView.month, PublishedView.view).where(PublishedView.month.in_(wanted)))
        there = {(row.month, row.view) for row in rows}
    new = [one for one in months if (name_of(one), BY_REGION) in there and (name_of(one), view) not in there]
    if len(new) > MOST_NEW:
        message = f"{len(new)} months of {view} were not published yet; at most {MOST_NEW} are in one call."
        raise BadInput(message, code="too_many_new", field="since")
    for month in new:
        _publish(store, person, attribute, month)


def _publish(store: Store, person: Person, attribute: Attribute, month: date) -> None:
    """Make a view and keep it, anew if another was published meanwhile: it was not held against that one.

    It is reckoned before the transaction, which others would wait for.
    """
    view, kept = view_of(attribute), False
    while not kept:
        with store.database.reading() as session:
            counts = counted(session, month)
            views = {name: told for (_, name), told in published(session, [month]).items()}
        if view in views:
            return
        kept = _keep(store, person, month, view, pair(month, attribute, counts, views), set(views))


def _keep(store: Store, person: Person, month: date, view: str, told: Told, beside: set[str]) -> bool:
    with recording(store) as session:
        hold(session, [LOCK])
        if set(session.scalars(select(PublishedView.view).where(PublishedView.month == name_of(month)))) != beside:
            return False
        session.add(row_of(store, month, view, told))
        said = {"month": name_of(month), "views": [view], "figures": len(told)}
        enter(session, store, person, Event.VIEW_PUBLISHED, said | {"withheld": list(told.values()).count(None)})
    return True


def pair(month: date, attribute: Attribute, counts: Counter[Cell], views: dict[str, Told]) -> Told:
    """Return an attribute by region as it may be told, before rounding; errors as `publish_pairs`.

    `views` is what was published of the month, in which only whether a figure was told counts: it was rounded.
    """
    cells = [Cell(attribute, value, region) for value in values_of(attribute) for region in REGIONS]
    beside = flagged_only(month, attribute)
    margins = _figures(beside, counts, {FLAGGED: views[BY_REGION][FLAGGED], **views[attribute]})
    try:
        shown = suppressed([figure_in(beside, one, counts[one]) for one in cells], published=margins)
        told = {cell: figure.count for cell, figure in zip(cells, shown, strict=True)}
        _hold_against(month, attribute, counts, told, views)
    except TooMany:
        raise _refused(view_of(attribute), "together") from None
    return told


def _hold_against(month: date, attribute: Attribute, counts: Counter[Cell], told: Told, views: dict[str, Told]) -> None:
    """Look at the view beside each signal by region, and beside each other attribute that was published by region."""
    signals = {cell: count for cell, count in views[BY_REGION].items() if cell.figure == "signal"}
    total = {FLAGGED: views[BY_REGION][FLAGGED]} | views[attribute]
    for signal in values_of("signal"):
        beside = {cell: count for cell, count in signals.items() if cell.value == signal}
        _check(flagged_only(month, signal, attribute), counts, told, {BY_REGION: total | beside})
    for other in PAIRED:
        if other != attribute and view_of(other) in views:
            before = {BY_REGION: total | views[other], view_of(other): views[view_of(other)]}
            _check(flagged_only(month, other, attribute), counts, told, before)


def _check(space: Space, counts: Counter[Cell], told: Told, before: dict[str, Told]) -> None:
    earlier = {name: _figures(space, counts, view) for name, view in before.items()}
    new = [figure_in(space, cell, count) for cell, count in told.items()]
    if found := refusals(new, [figure for view in earlier.values() for figure in view]):
        of = {figure.scope: name for name, view in earlier.items() for figure in view}
        raise _refused(view_of(cast("Attribute", next(iter(told)).figure)), _beside(found, of))


def _beside(found: list[Refusal], of: Mapping[Scope, str]) -> str:
    """Return the published view that the first refusal names; the signals by region, where it names none."""
    scopes = (scope for one in found for scope in (one.beside, one.scope))
    name = next((of[scope] for scope in scopes if scope is not None and scope in of), BY_REGION)
    return "signal,region" if name == BY_REGION else name


def _figures(space: Space, counts: Counter[Cell], told: Told) -> list[Figure]:
    """Return published cells as figures of a space, with the counts that they had before they were rounded."""
    flagged = {cell: count for cell, count in told.items() if cell.figure != "read"}
    return [figure_in(space, cell, None if count is None else counts[cell]) for cell, count in flagged.items()]


def _refused(view: str, beside: str) -> Conflict:
    if beside == "together":
        message = f"{view} is not told: too much was published of this month to check it against."
    else:
        message = f"{view} is not told: subtracting it from {beside}, which is published, would leave a small figure."
    return Conflict(message, code="differencing", field="by")
