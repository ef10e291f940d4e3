"""Looking back at searches: one's own, or, for a supervisor, any, which is itself an entry in the register."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal, cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from nlp.query import BadQuery
from nlp.searches import Relation, SearchScope, normalise
from store.errors import NotFound
from store.register import Event
from store.tables import Search
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.desk import Desk
from triage_api.searches.asked import must_be_flagged
from triage_api.searches.comparing import Related, earlier_of, overlaps_of, related_searches, valid_until
from triage_api.searches.counts import facets_for
from triage_api.searches.hits import hits_of
from triage_api.searches.models import Overlaps, SearchLine, SearchOut, SearchPage
from triage_api.searches.sealing import Told, open_search, open_searches
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import enter, recording
from triage_api.sources.coverage import coverage


def list_searches(
    desk: Desk, person: Person, *, mine: bool = False, cursor: str | None = None, limit: int = 50
) -> SearchPage:
    """Return searches, newest first; reading those of others is entered in the register first."""
    granted = require(person, Action.SEARCH_READ)
    only_own = mine or granted is Reach.OWN
    query = select(Search).order_by(Search.opened_at.desc(), Search.id).limit(limit + 1)
    if only_own:
        query = query.where(Search.user_id == person.id)
    if cursor is not None:
        query = query.where(_after(cursor))
    with desk.store.database.reading() if only_own else recording(desk.store) as session:
        rows = list(session.scalars(query))
        shown = rows[:limit]
        if not only_own:
            others = [row.id for row in shown if row.user_id != person.id]
            enter(session, desk.store, person, Event.REGISTER_READ, {"searches": others})
        names = pseudonyms(session, (row.user_id for row in shown))
        told = open_searches(desk.store, session, shown)
        items = [_line(desk, session, row, told.get(row.id), names.get(row.user_id, "")) for row in shown]
    last = shown[-1] if len(rows) > limit else None
    return SearchPage(items=items, next=last and wrap(last.opened_at.isoformat(), last.id))


def read_search(desk: Desk, person: Person, identity: str) -> SearchOut:
    """Return a search with its result; `NotFound` for one that is not the person's to see."""
    granted = require(person, Action.SEARCH_READ)
    query, only_own = select(Search).where(Search.id == identity), granted is Reach.OWN
    if only_own:
        query = query.where(Search.user_id == person.id)
    with desk.store.database.reading() if only_own else recording(desk.store) as session:
        row = session.scalar(query)
        if row is None:
            raise NotFound("No such search.")
        if row.user_id != person.id:
            enter(session, desk.store, person, Event.REGISTER_READ, {"searches": [row.id]})
        return _read(desk, session, person, row)


def _must_be_flagged(desk: Desk, session: Session, told: Told, row: Search) -> bool:
    try:
        return must_be_flagged(desk.store, session, told, row.request_id)
    except BadQuery:  # an older version of the query language could read it
        return True


def _is_stricter(desk: Desk, session: Session, told: Told | None, row: Search) -> bool:
    """Tell whether flagged posts alone may be found today, and all could when the search was made."""
    return told is not None and not told.only_flagged and _must_be_flagged(desk, session, told, row)


def _read(desk: Desk, session: Session, person: Person, row: Search) -> SearchOut:
    told = open_search(desk.store, session, row)
    if told is None:
        raise NotFound("No such search.")
    flagged = _must_be_flagged(desk, session, told, row)
    root = session.get(Search, row.reused_from) if row.reused_from else None
    before = set(root.results if root else row.results)
    items = hits_of(session, person, [one for one in row.results if one in before], only_flagged=flagged)
    new = hits_of(session, person, [one for one in row.results if one not in before], only_flagged=flagged)
    # What a search for a request counted may be more than what may be found since the request was answered.
    counted = desk.counted.of(row.id) if flagged == told.only_flagged else None
    return SearchOut(
        **_overlaps(desk, session, person, row, told).model_dump(),
        id=row.id,
        relation=cast("Relation", row.relation),
        reused_from=row.reused_from,
        earlier=earlier_of(session, person, root),
        items=items,
        new_since=new,
        total=len(items) + len(new) if flagged and not told.only_flagged else row.total,
        coverage=coverage(session, desk.store, told),
        opened_at=row.opened_at,
        valid_until=valid_until(desk, root or row),
        purpose=told.purpose,
        ground=told.ground,
        request=row.request_id,
        scope=SearchScope.model_validate(told.model_dump()),
        facets=facets_for(session, person, counted, row.results),
        period=counted and counted.period,
        histogram=counted and counted.histogram,
    )


def _overlaps(desk: Desk, session: Session, person: Person, row: Search, told: Told) -> Overlaps:
    """Tell which searches that a search was made after share a part with it, as far as they have not lapsed."""
    before = [Search.opened_at <= row.opened_at, Search.id != row.id]
    related, cut = list[Related](), False
    with suppress(BadQuery):  # an older version of the query language could read it
        related, cut = related_searches(desk.store, session, normalise(told), row.fingerprint, before)
    return overlaps_of(session, person, related, cut=cut, brought_back=row.reused_from)


def _line(desk: Desk, session: Session, row: Search, told: Told | None, by: str) -> SearchLine:
    """Return a line of the list; of a search about somebody erased, what was asked is gone."""
    status: Literal["open", "closed", "failed"] = "failed" if row.error else "closed" if row.closed_at else "open"
    return SearchLine(
        id=row.id,
        opened_at=row.opened_at,
        scope=SearchScope.model_validate(told.model_dump()) if told else SearchScope(),
        purpose=told.purpose if told else row.purpose,
        ground=told.ground if told else row.ground,
        request=row.request_id,
        relation=row.relation,
        reused_from=row.reused_from,
        total=None if _is_stricter(desk, session, told, row) else row.total,
        status=status,
        by=by,
    )


def _after(cursor: str) -> ColumnElement[bool]:
    moment, identity = unwrap(cursor, str, str)
    opened = moment_in(moment)
    return or_(Search.opened_at < opened, and_(Search.opened_at == opened, Search.id > identity))
