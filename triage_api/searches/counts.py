"""What a search's matches have in common, counted by the index with the search itself.

It is told once, in the answer, and to the page that follows it; no database keeps it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import Literal

from sqlalchemy.orm import Session

from nlp.query import Field
from nlp.searches import NormalScope
from store.index import Hits
from store.index.base import FACETS, IndexQuery
from triage_api.access.models import Person
from triage_api.agreement.blind import blind_among

Period = Literal["day", "week", "month"]
_MOST_DAYS, _MOST_WEEKS = timedelta(days=92), timedelta(days=731)
"""What is searched over more days than these is counted by week, or by month."""
_MANY = 20
"""Posts among which a count tells nothing of one of them."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many matches have each value of each facet, and how many there are in each period, by its first day."""

    facets: dict[str, dict[str, int]]
    period: Period
    histogram: dict[date, int]


def counting(query: IndexQuery, period: Period) -> IndexQuery:
    """Return a query that counts what it finds too: the same matches, under the same restrictions."""
    return query.model_copy(update={"facets": FACETS, "histogram": period})


def facets_for(
    session: Session, person: Person, told: Counted | None, ids: Collection[str]
) -> dict[str, dict[str, int]] | None:
    """Return the facets of a search that a person may see, `ids` being what it found; None where nothing was counted.

    Among few posts, the counts of criteria and verdicts would tell those of one that the person is to judge blind.
    """
    if told is None:
        return None
    if len(ids) >= _MANY or not blind_among(session, person, ids):
        return told.facets
    return {name: {} if name in ("criteria", "verdict") else values for name, values in told.facets.items()}


def counted(hits: Hits, period: Period) -> Counted:
    """Return what the index counted."""
    return Counted(hits.facets, period, hits.histogram)


def period_of(normal: NormalScope, today: date) -> Period:
    """Return what a search's matches are counted by: days if it reaches over at most 92, weeks over two years."""
    since, until = _days(normal, "since"), _days(normal, "until")
    if not since:
        return "month"
    reach = min(until, default=today) - max(since)
    return "day" if reach < _MOST_DAYS else "week" if reach < _MOST_WEEKS else "month"


def _days(normal: NormalScope, bound: str) -> list[date]:
    """Return the days that every match lies after or before."""
    sure = (term for clause in normal.clauses if len(clause) == 1 for term in clause if not term.negated)
    atoms = (term.atom for term in sure if isinstance(term.atom, Field))
    return [date.fromisoformat(atom.value) for atom in atoms if atom.name == bound]


class Recent:
    """What was counted of the newest searches of this process, for the page that a browser is led to after one."""

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._kept: OrderedDict[str, Counted] = OrderedDict()
        self._lock = Lock()

    def keep(self, search: str, told: Counted) -> None:
        """Keep what was counted of a search in the place of the oldest."""
        with self._lock:
            self._kept[search] = told
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def of(self, search: str) -> Counted | None:
        """Return what was counted of a search, if it is kept here still."""
        with self._lock:
            return self._kept.get(search)
