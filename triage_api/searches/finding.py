"""What a search finds: from the index, or an earlier result brought back; the register has its entry before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.clock import house_day
from triage_api.desk import Desk
from triage_api.searches.asked import Asked
from triage_api.searches.comparing import Reusable
from triage_api.searches.counts import Counted, counted, counting, period_of
from triage_api.searches.earlier import earlier_results, results_since


@dataclass(frozen=True, slots=True)
class Found:
    """Posts by id: those of the result, those that came since an earlier one, and how many match in all."""

    ids: Sequence[str]
    new: Sequence[str]
    total: int
    counted: Counted | None = None


def find_now(desk: Desk, asked: Asked) -> Found:
    """Ask the index, and let it count what it finds. Raises `IndexUnavailable`."""
    period = period_of(asked.normal, house_day(desk.store.clock()))
    hits = desk.index.search(counting(asked.index_query(desk.store.settings.search_results), period))
    return Found(hits.ids, [], hits.total, counted(hits, period))


def bring_back(desk: Desk, asked: Asked, reused: Reusable) -> Found:
    """Return an earlier result, as far as it answers, and what came since; of that alone the index is asked."""
    most = desk.store.settings.search_results
    old = earlier_results(desk.index, reused, asked.index_query(most))
    with desk.store.database.reading() as session:
        new = results_since(desk, session, reused, asked, most)
    return Found(old, new.ids, _total(desk, asked, reused, len(old), new.total))


def _total(desk: Desk, asked: Asked, reused: Reusable, old: int, new: int) -> int:
    """Return how many posts match now; only of a result that was cut must the index count them."""
    if reused.relation == "same" and reused.search.total > len(reused.search.results):
        return desk.index.search(asked.index_query(0)).total
    return (reused.search.total if reused.relation == "same" else old) + new
