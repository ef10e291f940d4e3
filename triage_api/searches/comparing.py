"""How a new search relates to those that ran before, and which of their results may answer it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from nlp.query import BadQuery
from nlp.searches import NormalScope, Relation, normalise, relation
from store.store import Store
from store.tables import Search
from store.terms import lapsed_before
from triage_api.access.models import Person
from triage_api.access.pseudonyms import pseudonyms
from triage_api.desk import Desk
from triage_api.searches.asked import Asked
from triage_api.searches.blind import Demands, candidates
from triage_api.searches.grounds import ALLOWED_BY, ANSWERED_FOR, answers_for
from triage_api.searches.models import Earlier, Overlap, Overlaps
from triage_api.searches.sealing import Told, open_searches
from triage_api.sources.coverage import reopening_sources

_COMPARED = 100
"""Earlier searches of each kind, newest first, that a new one is compared with."""
_SHOWN = 20
_UNDER_WAY = timedelta(minutes=1)
"""A search that began longer ago and has no end was cut short: nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Reusable:
    """An earlier search whose result answers a new one."""

    search: Search
    relation: Literal["same", "covered"]


@dataclass(frozen=True, slots=True)
class Related:
    """An earlier search, what it told, and how a new one relates to it."""

    search: Search
    told: Told
    relation: Relation


@dataclass(frozen=True, slots=True)
class Compared:
    """How a new search relates to the earlier ones."""

    reusable: Reusable | None
    related: list[Related]
    """Those that share a part, newest first, the reusable one too."""
    cut: bool
    """Whether there may be more of them."""

    @property
    def relation(self) -> Relation:
        """Return how a search that runs relates to all of them; only one that does not run is the same or covered."""
        return "overlap" if self.related else "different"


def compare_with_earlier(desk: Desk, session: Session, asked: Asked) -> Compared:
    """Compare a new search with those that ran and have not lapsed.

    One that is the same or wider is brought back only if it is complete for the new purpose; otherwise it is told as
    an overlap, like those that share a part.
    """
    related, cut = related_searches(desk.store, session, asked.normal, asked.fingerprint)
    sources = reopening_sources(session, desk.store)
    holding = (one for one in related if one.relation in ("same", "covered"))
    complete = [one for one in holding if _is_complete(desk, one.search, one.told, asked, sources)]
    same = (Reusable(one.search, "same") for one in complete if one.relation == "same")
    wider = (Reusable(one.search, "covered") for one in complete if one.relation == "covered")
    return Compared(next(same, None) or next(wider, None), related, cut)


def related_searches(
    store: Store, session: Session, normal: NormalScope, fingerprint: str, also: Demands = ()
) -> tuple[list[Related], bool]:
    """Return the searches that share a part with one, newest first, and whether there may be more; `also` narrows."""
    ran = [*_not_lapsed(store), Search.closed_at.is_not(None), *also]
    newest = select(Search).where(*ran, Search.fingerprint == fingerprint).order_by(Search.opened_at.desc(), Search.id)
    equal = list(session.scalars(newest.limit(_COMPARED + 1)))
    beside = candidates(session, store.keys, normal, [*ran, Search.fingerprint != fingerprint], _COMPARED)
    rows = [*equal[:_COMPARED], *beside.searches]
    found = sorted(_related(store, session, rows, normal), key=lambda one: one.search.opened_at, reverse=True)
    return found, beside.cut or len(equal) > _COMPARED


def _not_lapsed(store: Store) -> Demands:
    since = lapsed_before(store.settings, store.clock())
    return [Search.reused_from.is_(None), Search.error.is_(None), Search.opened_at > since]


def _related(store: Store, session: Session, rows: Iterable[Search], normal: NormalScope) -> Iterator[Related]:
    some = list(rows)
    told = open_searches(store, session, some)
    for row in some:
        with suppress(BadQuery, KeyError):  # an older query language could read it; its subject was erased
            how = relation(normalise(told[row.id]), normal)
            if how != "different":
                yield Related(row, told[row.id], how)


def valid_until(desk: Desk, ran: Search) -> datetime:
    """Return when the result of a search that ran lapses."""
    return ran.opened_at + timedelta(days=desk.store.settings.search_lapse_days)


def equal_meanwhile(desk: Desk, session: Session, asked: Asked) -> Search | None:
    """Return an equal search that answers a new one, or will: whoever holds its name sees those that just began."""
    lives = or_(Search.closed_at.is_not(None), Search.opened_at > desk.store.clock() - _UNDER_WAY)
    query = select(Search).where(*_not_lapsed(desk.store), lives, Search.fingerprint == asked.fingerprint)
    rows = list(session.scalars(query.order_by(Search.opened_at.desc(), Search.id).limit(_COMPARED)))
    told, sources = open_searches(desk.store, session, rows), reopening_sources(session, desk.store)
    whole = [row for row in rows if row.id in told and _is_complete(desk, row, told[row.id], asked, sources)]
    return min(whole, key=lambda row: row.closed_at is None, default=None)


def _is_complete(desk: Desk, row: Search, told: Told, asked: Asked, sources: set[str]) -> bool:
    """Tell whether an earlier result, with what was ingested since, is the whole answer, and may be used for it."""
    given = asked.given
    wanted = sources.intersection(asked.scope.sources) if asked.scope.sources else sources
    return (
        answers_for(told.purpose, given.purpose, ANSWERED_FOR)
        and answers_for(told.ground, given.ground, ALLOWED_BY)
        and row.grid == desk.grid.version
        and row.model == desk.reader.model_version
        and bool(row.request_id) == bool(given.request)
        and told.only_flagged == asked.only_flagged
        and wanted <= set(row.sources)
        and (row.fingerprint == asked.fingerprint or row.total <= len(row.results))
    )


def overlaps_of(
    session: Session, person: Person, related: Collection[Related], *, cut: bool, brought_back: str | None
) -> Overlaps:
    """Tell a person which searches share a part with theirs, and whom to ask: never what was searched."""
    others = [one for one in related if one.search.id != brought_back]
    names = pseudonyms(session, (one.search.user_id for one in others[:_SHOWN]))
    shown = [
        Overlap(
            id=one.search.id,
            opened_at=one.search.opened_at,
            by=names.get(one.search.user_id, ""),
            purpose=one.search.purpose,
            ground=one.search.ground,
            relation=one.relation,
            own=one.search.user_id == person.id,
        )
        for one in others[:_SHOWN]
    ]
    return Overlaps(overlaps=len(others), overlaps_cut=cut, overlapping=shown)


def earlier_of(session: Session, person: Person, search: Search | None) -> Earlier | None:
    """Tell a person whose result was brought back, and when it was found."""
    if search is None:
        return None
    by = pseudonyms(session, [search.user_id]).get(search.user_id, "")
    return Earlier(id=search.id, by=by, own=search.user_id == person.id, opened_at=search.opened_at)
