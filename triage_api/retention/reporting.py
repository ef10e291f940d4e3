"""What was erased, by kind and month: figures that outlive what they count."""

from __future__ import annotations

from datetime import date, timedelta

from store.clock import house_day
from store.counts import GONE, beginning_with
from store.errors import BadInput
from store.store import Store
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.retention.models import DeletionsOut, MonthOut

MONTHS = 13
"""So many months the page shows: the one that runs, and a year."""


def deletions(store: Store, person: Person) -> DeletionsOut:
    """Return what was erased in the last months, the newest first, months without any included."""
    require(person, Action.REGISTER_READ)
    first = house_day(store.clock()).replace(day=1)
    items = []
    for _ in range(MONTHS):
        items.append(month_of(store, first))
        first = (first - timedelta(days=1)).replace(day=1)
    return DeletionsOut(items=items)


def read_month(text: str) -> date:
    """Return the first day of a month that is written ``2026-11``; `BadInput` for anything else."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = date.min
    if not 2000 <= first.year <= 2200:
        raise BadInput("Write a month like 2026-11.", code="invalid", field="month")
    return first


def month_of(store: Store, first: date) -> MonthOut:
    """Return what was erased in the month that begins on a day."""
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    with store.database.reading() as session:
        kinds = beginning_with(session, GONE, first, last)
    return MonthOut(month=f"{first:%Y-%m}", kinds=dict(sorted(kinds.items())), total=sum(kinds.values()))
