"""How many of the texts in which nothing was seen do show something, estimated from the sample lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from math import sqrt

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.decisions import STANDING
from store.tables import DayCount, Decision, Lane, QueueItem

SAMPLE: Lane = "sample"
SAMPLED, POPULATION = "sampled", "population"
"""Names of `DayCount`: texts drawn on a day, and how many there were to draw from when they were most."""
_Z = 1.959964
"""Of a 95 % interval."""


class Missed(BaseModel):
    """Signs missed for every thousand texts in which nothing was seen, with a 95 % interval; None: nothing decided."""

    decided: int
    found: int
    per_1000: float | None
    low: float | None
    high: float | None


def missed(session: Session, first: date, last: date) -> Missed:
    """Estimate what was missed from texts drawn in the house's days `first` to `last` that people decided on.

    A text that was dismissed shows nothing; any other verdict, quarantine too, is a miss. Each stands for as many
    texts as there were on its day for every one drawn, so that a day of many texts counts for more.
    """
    counts = _counts(session, first, last)
    decided, found = Counter[date](), Counter[date]()
    newest = (
        select(QueueItem.created_at, Decision.verdict)
        .join(Decision, Decision.item_id == QueueItem.id)
        .where(QueueItem.lane == SAMPLE, STANDING)
        .order_by(QueueItem.id, Decision.id)
    )
    last_of = {row.id: row for row in session.execute(newest.add_columns(QueueItem.id))}
    for row in last_of.values():
        if first <= (day := house_day(row.created_at)) <= last:
            decided[day] += 1
            found[day] += row.verdict != "dismiss"
    return estimate({day: _weight(counts, day) for day in decided}, decided, found)


def estimate(weights: Mapping[date, float], decided: Mapping[date, int], found: Mapping[date, int]) -> Missed:
    """Return the share that was found among what was decided, each day's by its weight.

    The interval is Wilson's (1927) of as many texts as the weighted ones are worth (Kish 1965): the sum of weights
    squared over the sum of squared weights.
    """
    size = sum(decided.values())
    if not size:
        return Missed(decided=0, found=0, per_1000=None, low=None, high=None)
    total = sum(weights[day] * count for day, count in decided.items())
    share = sum(weights[day] * found.get(day, 0) for day in decided) / total
    worth = total**2 / sum(weights[day] ** 2 * count for day, count in decided.items())
    low, high = wilson(share, worth)
    shown = [round(1000 * value, 2) for value in (share, low, high)]
    return Missed(decided=size, found=sum(found.values()), per_1000=shown[0], low=shown[1], high=shown[2])


def wilson(share: float, size: float) -> tuple[float, float]:
    """Return the 95 % interval of a share that was found in a sample of some size."""
    square = _Z * _Z
    middle = (share + square / (2 * size)) / (1 + square / size)
    reach = _Z * sqrt(share * (1 - share) / size + square / (4 * size * size)) / (1 + square / size)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _counts(session: Session, first: date, last: date) -> dict[tuple[date, str], int]:
    days = DayCount.day.between(first, last)
    rows = session.scalars(select(DayCount).where(days, DayCount.name.in_((SAMPLED, POPULATION))))
    return {(row.day, row.name): row.count for row in rows}


def _weight(counts: Mapping[tuple[date, str], int], day: date) -> float:
    """Return how many texts each text drawn on a day stands for; 1 where that was not counted."""
    drawn = counts.get((day, SAMPLED), 0)
    return counts.get((day, POPULATION), 0) / drawn if drawn and counts.get((day, POPULATION)) else 1.0
