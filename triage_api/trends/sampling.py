"""What the sample of texts in which nothing was seen says of a month: how much the reader misses."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from disclosure.figures import Figure, scope_of
from disclosure.suppression import suppressed
from store.counts import totals
from store.missed import SAMPLED, missed
from triage_api.trends.figures import ALL, Cell
from triage_api.trends.months import last_of, name_of

SAMPLE = "sample"
_STAGES = {"drawn": ("drawn", "decided", "found"), "decided": ("decided", "found"), "found": ("found",)}
"""What is drawn holds what was decided of it, and that what was found to show something."""
PER_1000 = Cell("sample_missed", "", ALL)
"""Not a count: signs missed for every thousand texts in which nothing was seen."""


def sampled(session: Session, month: date) -> dict[Cell, int | None]:
    """Return how many texts were drawn in a month, decided on and found to show something, small ones withheld.

    With them, where all are told, how many texts of a thousand were missed, each drawn text weighed by how many it
    stood for on its day (`store.missed`).
    """
    first, last = month, last_of(month)
    of_month = missed(session, first, last)
    drawn = totals(session, first, last).get(SAMPLED, 0)
    counts = {"drawn": max(drawn, of_month.decided), "decided": of_month.decided, "found": of_month.found}
    figures = [Figure(_scope(month, held), counts[stage]) for stage, held in _STAGES.items()]
    told = dict(zip(_STAGES, (one.count for one in suppressed(figures)), strict=True))
    found: dict[Cell, int | None] = {Cell(SAMPLE, stage, ALL): count for stage, count in told.items()}
    whole = None not in told.values() and of_month.per_1000 is not None
    return found | {PER_1000: round(of_month.per_1000 or 0) if whole else None}


def _scope(month: date, stages: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    return scope_of({"month": [name_of(month)], "stage": stages})
