"""Looking at standing searches and their hits: one's own, or, for a supervisor, any, which is itself an entry."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from nlp.query import BadQuery
from nlp.searches import SearchScope
from store.errors import NotFound
from store.register import Event
from store.tables import Search, StandingHit, StandingSearch
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, may, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.desk import Desk
from triage_api.searches.asked import must_be_flagged
from triage_api.searches.hits import hits_of
from triage_api.searches.sealing import Told, open_search
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import enter, recording
from triage_api.sources.coverage import coverage
from triage_api.standing.ending import why_over
from triage_api.standing.models import StandingHitOut, StandingLine, StandingOut, StandingPage
from triage_api.standing.unseen import counts_of


def list_standing(desk: Desk, person: Person, *, cursor: str | None = None, limit: int = 50) -> StandingPage:
    """Return standing searches, newest first; reading those of others is entered in the register first."""
    granted = require(person, Action.SEARCH_STAND)
    query = _visible(person, granted).order_by(StandingSearch.created_at.desc(), StandingSearch.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor))
    with desk.store.database.reading() if granted is Reach.OWN else recording(desk.store) as session:
        rows = list(session.scalars(query))
        shown = rows[:limit]
        _enter_others(desk, session, person, shown)
        items = _lines(desk, session, shown)
    last = shown[-1] if len(rows) > limit else None
    return StandingPage(items=items, next=last and wrap(last.created_at.isoformat(), last.id))


def read_standing(desk: Desk, person: Person, identity: str) -> StandingOut:
    """Return a standing search with its hits; `NotFound` for one that is not the person's to see."""
    granted = require(person, Action.SEARCH_STAND)
    query = _visible(person, granted).where(StandingSearch.id == identity)
    with desk.store.database.reading() if granted is Reach.OWN else recording(desk.store) as session:
        row = session.scalar(query)
        told = _told(desk, session, row) if row is not None else None
        if row is None or told is None:
            raise NotFound("No such standing search.")
        _enter_others(desk, session, person, [row])
        return _read(desk, session, person, row, told)


def standing_of(desk: Desk, person: Person, request: str) -> list[StandingLine]:
    """Return the person's own standing searches for a request; none where the policy gives them no such place."""
    if not may(person, Action.SEARCH_STAND):
        return []
    own = select(StandingSearch).where(StandingSearch.request_id == request, StandingSearch.user_id == person.id)
    with desk.store.database.reading() as session:
        return _lines(desk, session, list(session.scalars(own.order_by(StandingSearch.created_at.desc()))))


def own_running(desk: Desk, person: Person) -> list[StandingLine]:
    """Return the person's own standing searches that run, newest first; none where the policy gives them no place."""
    if not may(person, Action.SEARCH_STAND):
        return []
    running = select(StandingSearch).where(StandingSearch.user_id == person.id, StandingSearch.ended_at.is_(None))
    with desk.store.database.reading() as session:
        return _lines(desk, session, list(session.scalars(running.order_by(StandingSearch.created_at.desc()))))


def _visible(person: Person, granted: Reach) -> Select[StandingSearch]:
    query = select(StandingSearch)
    return query.where(StandingSearch.user_id == person.id) if granted is Reach.OWN else query


def _enter_others(desk: Desk, session: Session, person: Person, rows: Sequence[StandingSearch]) -> None:
    others = [row.id for row in rows if row.user_id != person.id]
    if others:
        enter(session, desk.store, person, Event.REGISTER_READ, {"standing": others})


def _lines(desk: Desk, session: Session, rows: Sequence[StandingSearch]) -> list[StandingLine]:
    by, counts = pseudonyms(session, (row.user_id for row in rows)), counts_of(session, [row.id for row in rows])
    return [_line(desk, session, row, by[row.user_id], counts.get(row.id, (0, 0))) for row in rows]


def _line(desk: Desk, session: Session, row: StandingSearch, by: str, counted: tuple[int, int]) -> StandingLine:
    told = _told(desk, session, row)
    return StandingLine(
        id=row.id,
        search=row.search_id,
        request=row.request_id,
        by=by,
        scope=SearchScope.model_validate(told.model_dump()) if told else SearchScope(),
        state=why_over(desk.store, session, row) or "running",
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        renewals=row.renewals,
        ran_at=row.ran_at,
        hits=counted[0],
        unseen=counted[1],
    )


def _read(desk: Desk, session: Session, person: Person, row: StandingSearch, told: Told) -> StandingOut:
    newest = select(StandingHit).where(StandingHit.standing_id == row.id).order_by(StandingHit.found_at.desc())
    found = session.scalars(newest.order_by(StandingHit.post_id).limit(desk.store.settings.search_results))
    marks = {hit.post_id: {"found_at": hit.found_at, "seen_at": hit.seen_at} for hit in found}
    hits = hits_of(session, person, list(marks), only_flagged=_only_flagged(desk, session, row, told))
    return StandingOut(
        **_lines(desk, session, [row])[0].model_dump(),
        purpose=told.purpose,
        ground=told.ground,
        items=[StandingHitOut.model_validate(hit.model_dump() | marks[hit.id]) for hit in hits],
        coverage=coverage(session, desk.store, told),
    )


def _only_flagged(desk: Desk, session: Session, row: StandingSearch, told: Told) -> bool:
    """Tell whether flagged posts alone may be shown today: the request that opened more may have its answer."""
    try:
        return told.only_flagged or must_be_flagged(desk.store, session, told, row.request_id)
    except BadQuery:  # an older version of the query language could read it
        return True


def _told(desk: Desk, session: Session, row: StandingSearch) -> Told | None:
    return open_search(desk.store, session, session.get_one(Search, row.search_id))


def _after(cursor: str) -> ColumnElement[bool]:
    moment, identity = unwrap(cursor, str, str)
    created = moment_in(moment)
    tied = and_(StandingSearch.created_at == created, StandingSearch.id > identity)
    return or_(StandingSearch.created_at < created, tied)
