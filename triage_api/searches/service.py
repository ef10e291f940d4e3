"""Making a search: compared with earlier ones, entered in the register before the index is asked, closed after."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from nlp.searches import Relation
from store.errors import Conflict, NotFound, RepeatNeedsReason, VigieError
from store.locks import hold
from store.register import Event, canonical
from store.tables import Request, Search
from store.terms import forget_terms
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.requests.sealing import require_looked_for
from triage_api.searches.asked import Asked, must_be_flagged, read_asked
from triage_api.searches.blind import write_terms
from triage_api.searches.comparing import (
    Compared,
    Reusable,
    compare_with_earlier,
    earlier_of,
    equal_meanwhile,
    overlaps_of,
    valid_until,
)
from triage_api.searches.counts import facets_for
from triage_api.searches.earlier import watermark
from triage_api.searches.finding import Found, bring_back, find_now
from triage_api.searches.grounds import GROUNDS, PURPOSES, code_of
from triage_api.searches.hits import hits_of
from triage_api.searches.models import SearchIn, SearchOut
from triage_api.searches.sealing import Told, seal_search
from triage_api.shell.recording import after_key_change, enter, recording
from triage_api.sources.coverage import coverage, reopening_sources

_SEALED = "sealed"
"""Stands where a reason was given; its words are sealed with the scope."""
_PATIENCE = 10.0
"""Seconds that a search waits for an equal one under way; after that it runs itself."""
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class _Begun:
    row: Search
    compared: Compared
    reused: Reusable | None


@dataclass(frozen=True, slots=True)
class _Made:
    """A search whose entries are both on disk."""

    row: Search
    asked: Asked
    begun: _Begun
    found: Found


def search(desk: Desk, person: Person, given: SearchIn) -> SearchOut:
    """Search, or bring an earlier search's result back with what was ingested since.

    The register has its entry before the index is asked: `search.opened` for a search that runs, `search.reused` for
    one that does not, and `search.closed` with count and digest (or the error) after either. Nothing is returned
    unless both are on disk. Of equal searches at once, one runs. Raises `BadInput`, `NotFound` (the request),
    `RepeatNeedsReason`, `RegisterUnavailable`, `IndexUnavailable`.
    """
    made = _make(desk, person, given)
    with desk.store.database.reading() as session:  # nobody's entry waits while this is put together
        return _answer(desk, session, person, made)


def run(desk: Desk, person: Person, given: SearchIn) -> str:
    """Search just so, and return the id alone, for who goes on to read the search."""
    return _make(desk, person, given).row.id


def _make(desk: Desk, person: Person, given: SearchIn) -> _Made:
    require(person, Action.SEARCH_RUN)
    _ = desk.reader.model_version  # may load the models: not while others wait
    return after_key_change(lambda: _search(desk, person, given))


def _search(desk: Desk, person: Person, given: SearchIn) -> _Made:
    with desk.store.database.reading() as session:
        if given.request and session.get(Request, given.request) is None:
            raise NotFound("No such request.")
        asked = read_asked(desk, session, given)
        compared = compare_with_earlier(desk, session, asked)
    begun = _begin(desk, person, asked, compared)
    reused = begun.reused
    if reused is None:
        return _closed(desk, person, asked, begun, lambda: find_now(desk, asked))
    return _closed(desk, person, asked, begun, lambda: bring_back(desk, asked, reused))


def _begin(desk: Desk, person: Person, asked: Asked, compared: Compared) -> _Begun:
    """Enter a search; if an equal one began since it was compared, wait for that and bring its result back."""
    until = time.monotonic() + _PATIENCE
    while True:
        with recording(desk.store) as session:
            hold(session, [f"search:{asked.fingerprint}"])  # the next equal one enters after this one has
            _require_unanswered(desk, session, asked)
            equal = None if asked.given.again_reason else equal_meanwhile(desk, session, asked)
            if equal is None or equal.closed_at or time.monotonic() > until:
                answers = Reusable(equal, "same") if equal and equal.closed_at else compared.reusable
                return _open(desk, session, person, asked, compared, _reused(answers, asked.given))
        time.sleep(_PAUSE)


def _require_unanswered(desk: Desk, session: Session, asked: Asked) -> None:
    """Raise `Conflict` if nothing is looked for any more, or (`answered`) if it was answered since it was read.

    An answered one no longer opens what it opened.
    """
    if asked.given.request:
        require_looked_for(session, asked.given.request)
    if must_be_flagged(desk.store, session, asked.scope, asked.given.request) != asked.only_flagged:
        raise Conflict("The request was answered meanwhile: search again.", code="answered")


def _reused(answers: Reusable | None, given: SearchIn) -> Reusable | None:
    if answers is None or given.again_reason:
        return None
    if given.again:
        raise RepeatNeedsReason("This search was made before: say why it must run again.", field="again_reason")
    return answers


def _open(
    desk: Desk, session: Session, person: Person, asked: Asked, compared: Compared, reused: Reusable | None
) -> _Begun:
    identity, given = f"s-{secrets.token_hex(10)}", asked.given
    told = _told(asked)
    scope = seal_search(desk.store, session, told, identity, given.request or None)
    row = Search(
        id=identity,
        user_id=person.id,
        request_id=given.request or None,
        scope=scope,
        fingerprint=asked.fingerprint,
        purpose=code_of(given.purpose, PURPOSES),
        ground=code_of(given.ground, GROUNDS),
        grid=desk.grid.version,
        model=desk.reader.model_version,
        sources=sorted(reopening_sources(session, desk.store)),
        relation=reused.relation if reused else compared.relation,
        reused_from=reused.search.id if reused else None,
        again_reason=_SEALED if given.again_reason else None,
        watermark=watermark(session),
        results=[],
        total=0,
        opened_at=desk.store.clock(),
    )
    session.add(row)
    if reused is None:
        session.flush()
        write_terms(session, desk.store.keys, row, asked.normal)
    event = Event.SEARCH_REUSED if reused else Event.SEARCH_OPENED
    enter(session, desk.store, person, event, _public(row), scope)
    return _Begun(row, compared, reused)


def _told(asked: Asked) -> Told:
    given = asked.given
    why = {"purpose": given.purpose, "ground": given.ground, "again_reason": given.again_reason}
    return Told(**asked.scope.model_dump(), **why, only_flagged=asked.only_flagged)


def _public(row: Search) -> dict[str, Any]:
    return {
        "search": row.id,
        "purpose": row.purpose,
        "ground": row.ground,
        "request": row.request_id,
        "grid": row.grid,
        "model": row.model,
        "fingerprint": None if row.request_id else row.fingerprint,  # else it would outlast the youth's erasure
        "relation": row.relation,
        "reused_from": row.reused_from,
        "again": row.again_reason is not None,
    }


def _closed(desk: Desk, person: Person, asked: Asked, begun: _Begun, find: Callable[[], Found]) -> _Made:
    """Find, enter what came of it, and only then return it."""
    identity = begun.row.id
    try:
        found = find()
    except Exception as error:
        code = error.code if isinstance(error, VigieError) else "internal"
        with recording(desk.store) as session:
            forget_terms(session, [identity])  # it answers nobody
            _close(desk, session, person, identity, {"error": code}).error = code
        raise
    ids = [*found.ids, *found.new]
    with recording(desk.store) as session:
        told = {"count": len(ids), "total": found.total, "ids": digest_of(ids)}
        closed = _close(desk, session, person, identity, told)
        if closed.fingerprint:  # else the subject of its request was erased meanwhile, and nothing of it is kept
            closed.results, closed.total = ids, found.total
    if found.counted is not None:
        desk.counted.keep(identity, found.counted)
    return _Made(closed, asked, begun, found)


def _close(desk: Desk, session: Session, person: Person, identity: str, told: dict[str, Any]) -> Search:
    row = session.get_one(Search, identity)
    row.closed_at = desk.store.clock()
    enter(session, desk.store, person, Event.SEARCH_CLOSED, {"search": identity, **told})
    return row


def _answer(desk: Desk, session: Session, person: Person, made: _Made) -> SearchOut:
    row, asked, found, begun = made.row, made.asked, made.found, made.begun
    compared = begun.compared
    beside = overlaps_of(session, person, compared.related, cut=compared.cut, brought_back=row.reused_from)
    return SearchOut(
        **beside.model_dump(),
        id=row.id,
        relation=cast("Relation", row.relation),
        reused_from=row.reused_from,
        earlier=earlier_of(session, person, begun.reused.search if begun.reused else None),
        items=hits_of(session, person, found.ids, only_flagged=asked.only_flagged),
        new_since=hits_of(session, person, found.new, only_flagged=asked.only_flagged),
        total=found.total,
        coverage=coverage(session, desk.store, asked.scope),
        opened_at=row.opened_at,
        valid_until=valid_until(desk, begun.reused.search if begun.reused else row),
        purpose=asked.given.purpose,
        ground=asked.given.ground,
        request=row.request_id,
        scope=asked.scope,
        facets=facets_for(session, person, found.counted, found.ids),
        period=found.counted and found.counted.period,
        histogram=found.counted and found.counted.histogram,
    )


def digest_of(ids: Sequence[str]) -> str:
    """Return the SHA-256 of the ids of a result, in their order: it proves later what was shown."""
    return hashlib.sha256(canonical({"ids": list(ids)}).encode()).hexdigest()
