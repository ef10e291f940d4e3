"""The unattended step: one standing search is made again, for what was ingested since it last was.

Each repetition is entered as any search is, before the index is asked and after, under its owner's pseudonym. It looks
into what is here already: no source is asked for anything.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput, VigieError
from store.register import Event
from store.tables import Search, StandingHit, StandingSearch
from store.work import finish_work, held_work, postpone_work, take_work
from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.searches.asked import Asked, read_asked
from triage_api.searches.comparing import Reusable
from triage_api.searches.earlier import results_since, watermark
from triage_api.searches.grounds import GROUNDS, PURPOSES, code_of
from triage_api.searches.models import SearchIn
from triage_api.searches.sealing import Told, open_search, seal_search
from triage_api.searches.service import digest_of
from triage_api.shell.recording import enter, recording
from triage_api.sources.coverage import reopening_sources
from triage_api.standing.ending import BY_ITSELF, STANDING, finish, owner_of, why_over
from triage_api.standing.service import every

_LEASE = timedelta(minutes=10)
_MOST = 10_000
"""Posts that a repetition keeps at most; an engine gives no more at once."""


@dataclass(frozen=True, slots=True)
class _Repetition:
    """A repetition that is entered and under way."""

    standing: str
    owner: Person
    search: str
    """Id of the search that holds what all repetitions found."""
    before: Search
    """Where the last one left off."""
    shown: frozenset[str]
    """What the first search brought."""
    asked: Asked
    scope: bytes
    sources: list[str]
    watermark: int
    opened_at: datetime


def run_due(desk: Desk) -> int:
    """Make one standing search again that is due, or end one that is over; return how many were taken, 0 or 1."""
    worker = f"standing-{secrets.token_hex(8)}"
    with desk.store.database.writing() as session:
        taken = take_work(session, STANDING, worker, now=desk.store.clock(), lease=_LEASE, limit=1)
    for identity in taken:
        _repeat(desk, identity, worker)
    return len(taken)


def _repeat(desk: Desk, identity: str, worker: str) -> None:
    model = desk.reader.model_version  # may load the models
    with recording(desk.store) as session:
        begun = _open(desk, session, identity, model)
    if begun is None:
        return
    try:
        found = _find(desk, begun, model)
    except Exception as error:
        with recording(desk.store) as session:
            _give_up(desk, session, begun, worker, error)
        raise
    with recording(desk.store) as session:
        _close(desk, session, begun, worker, found, model)


def _open(desk: Desk, session: Session, identity: str, model: str) -> _Repetition | None:
    """Enter a repetition; None if the standing search is over, which is entered instead."""
    row = session.scalar(select(StandingSearch).where(StandingSearch.id == identity).with_for_update())
    if row is None:
        finish_work(session, STANDING, [identity])
        return None
    owner, over = owner_of(desk.store, session, row), why_over(desk.store, session, row)
    first = session.get_one(Search, row.search_id)
    told = open_search(desk.store, session, first)
    asked = _asked(desk, session, row, told) if told is not None and over is None else None
    if told is None or asked is None:
        finish(desk.store, session, row, over or "unreadable", owner, BY_ITSELF)
        return None
    before = session.get_one(Search, row.last_id) if row.last_id else first
    search = row.last_id or f"s-{secrets.token_hex(10)}"
    begun = _Repetition(
        standing=row.id,
        owner=owner,
        search=search,
        before=before,
        shown=frozenset(first.results),
        asked=asked,
        scope=before.scope if row.last_id else seal_search(desk.store, session, told, search, row.request_id),
        sources=sorted(reopening_sources(session, desk.store)),
        watermark=watermark(session),
        opened_at=desk.store.clock(),
    )
    enter(session, desk.store, owner, Event.SEARCH_OPENED, _public(desk, begun, row, model), begun.scope)
    return begun


def _asked(desk: Desk, session: Session, row: StandingSearch, told: Told) -> Asked | None:
    """Return what is asked again; None if it is no query any more."""
    try:
        return read_asked(desk, session, SearchIn.model_validate(told.model_dump() | {"request": row.request_id}))
    except BadInput:
        return None


def _public(desk: Desk, begun: _Repetition, row: StandingSearch, model: str) -> dict[str, Any]:
    return {
        "search": begun.search,
        "standing": row.id,
        "purpose": code_of(begun.asked.given.purpose, PURPOSES),
        "ground": code_of(begun.asked.given.ground, GROUNDS),
        "request": row.request_id,
        "grid": desk.grid.version,
        "model": model,
        "fingerprint": None,  # it would outlast the youth's erasure
        "relation": "same",
        "repeats": row.search_id,
        **BY_ITSELF,
    }


def _find(desk: Desk, begun: _Repetition, model: str) -> list[str]:
    """Return what matches and did not: since the last repetition or, under a new grid or model, at all."""
    if (begun.before.grid, begun.before.model) != (desk.grid.version, model):
        found = list(desk.index.search(begun.asked.index_query(desk.store.settings.search_results)).ids)
    else:
        found = _since(desk, begun)
    with desk.store.database.reading() as session:
        query = select(StandingHit.post_id).where(StandingHit.standing_id == begun.standing)
        known = begun.shown.union(session.scalars(query.where(StandingHit.post_id.in_(found))))
    return [post for post in found if post not in known]


def _since(desk: Desk, begun: _Repetition) -> list[str]:
    """Return all that matches since the last repetition: the next one begins after it, so what is cut is never seen."""
    most, before = desk.store.settings.search_results, Reusable(begun.before, "same")
    with desk.store.database.reading() as session:
        found = results_since(desk, session, before, begun.asked, most)
        if found.total > len(found.ids):  # after an import, or where many posts waited
            found = results_since(desk, session, before, begun.asked, min(found.total, _MOST))
    return list(found.ids)


def _close(desk: Desk, session: Session, begun: _Repetition, worker: str, found: list[str], model: str) -> None:
    """Keep what was found and enter it, unless the standing search ended or another worker took it over meanwhile."""
    row = session.scalar(select(StandingSearch).where(StandingSearch.id == begun.standing).with_for_update())
    told: dict[str, Any] = {"count": len(found), "total": len(found), "ids": digest_of(found)}
    if row is None or row.ended_at is not None or not held_work(session, STANDING, worker, [begun.standing]):
        told = {"error": "lease_lost"}
    else:
        _keep(desk, session, row, begun, found, model)
        postpone_work(session, STANDING, row.id, desk.store.clock() + every(desk))
    _enter_closed(desk, session, begun, told)


def _keep(desk: Desk, session: Session, row: StandingSearch, begun: _Repetition, found: list[str], model: str) -> None:
    now = desk.store.clock()
    held = session.get(Search, begun.search)
    if held is None:
        held = _held_by(begun, row)
        session.add(held)
    held.grid, held.model, held.sources = desk.grid.version, model, begun.sources
    held.opened_at, held.closed_at, held.watermark = begun.opened_at, now, begun.watermark
    held.results = [*found, *held.results][: desk.store.settings.search_results]
    held.total += len(found)
    row.last_id, row.ran_at = held.id, now
    session.add_all(StandingHit(standing_id=row.id, post_id=post, found_at=now) for post in found)
    session.flush()


def _held_by(begun: _Repetition, row: StandingSearch) -> Search:
    """Return the one search that holds what all repetitions find: each by itself would bury a person's own."""
    given = begun.asked.given
    return Search(
        id=begun.search,
        user_id=row.user_id,
        request_id=row.request_id,
        scope=begun.scope,
        fingerprint=begun.asked.fingerprint,
        purpose=code_of(given.purpose, PURPOSES),
        ground=code_of(given.ground, GROUNDS),
        relation="same",
        reused_from=row.search_id,
        results=[],
        total=0,
    )


def _give_up(desk: Desk, session: Session, begun: _Repetition, worker: str, error: Exception) -> None:
    """Enter that a repetition failed; it is tried again when the next one is due."""
    code = error.code if isinstance(error, VigieError) else "internal"
    if held_work(session, STANDING, worker, [begun.standing]):
        postpone_work(session, STANDING, begun.standing, desk.store.clock() + every(desk), code)
    _enter_closed(desk, session, begun, {"error": code})


def _enter_closed(desk: Desk, session: Session, begun: _Repetition, told: dict[str, Any]) -> None:
    public = {"search": begun.search, "standing": begun.standing, **told, **BY_ITSELF}
    enter(session, desk.store, begun.owner, Event.SEARCH_CLOSED, public)
