"""Letting a search stand for its request, renewing it, ending it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound
from store.register import Event
from store.tables import Request, Search, StandingSearch
from store.work import add_work
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.desk import Desk
from triage_api.requests.sealing import key_of, sealed
from triage_api.shell.recording import enter, recording
from triage_api.standing.ending import STANDING, finish, why_over
from triage_api.standing.models import RenewIn, StandIn

STANDS = timedelta(days=30)
"""So long a search stands, and goes on when it is renewed."""


def stand(desk: Desk, person: Person, given: StandIn) -> str:
    """Let a search stand for 30 days and return the standing search's id.

    Raises `NotFound` (no such search, or another's), `BadInput` (`no_request`), `Conflict`: `answered` (the request),
    `found`, `runaway_over`, `search_unfinished` (it failed or runs still), `standing_already`.
    """
    granted = require(person, Action.SEARCH_STAND)
    store, identity = desk.store, f"v-{secrets.token_hex(10)}"
    now = store.clock()
    with recording(store) as session:
        search, request = _standable(session, person, granted, given.search, now)
        key_of(session, store, session.get_one(Request, request))  # `NotFound` once its subject is erased
        row = StandingSearch(id=identity, search_id=search.id, request_id=request, user_id=person.id, created_at=now)
        row.expires_at = now + STANDS
        session.add(row)
        session.flush()
        add_work(session, STANDING, [identity], now + every(desk))
        enter(session, store, person, Event.STANDING_OPENED, _public(row))
    return identity


def renew(desk: Desk, person: Person, identity: str, given: RenewIn) -> None:
    """Let a standing search go on for 30 days from now; why is sealed in its entry.

    Raises `NotFound` (none, or another's), `Conflict`: `answered` (the request), `standing_over`.
    """
    granted = require(person, Action.SEARCH_STAND)
    with recording(desk.store) as session:
        row = _held(desk, session, person, granted, identity)
        row.expires_at, row.renewals = desk.store.clock() + STANDS, row.renewals + 1
        key = key_of(session, desk.store, session.get_one(Request, row.request_id))
        why = sealed(key, given.why, f"standing:{row.id}")
        enter(session, desk.store, person, Event.STANDING_OPENED, _public(row) | {"renewal": row.renewals}, why)


def end(desk: Desk, person: Person, identity: str) -> None:
    """End a standing search by hand; it raises as `renew` does."""
    granted = require(person, Action.SEARCH_STAND)
    with recording(desk.store) as session:
        row = _held(desk, session, person, granted, identity)
        finish(desk.store, session, row, "ended", person, {})


def every(desk: Desk) -> timedelta:
    """Return how long it takes until a standing search is made again."""
    return timedelta(minutes=desk.store.settings.standing_minutes)


def _standable(session: Session, person: Person, granted: Reach, identity: str, now: datetime) -> tuple[Search, str]:
    """Return a search that may stand, held, and its request."""
    query = select(Search).where(Search.id == identity)
    if granted is Reach.OWN:
        query = query.where(Search.user_id == person.id)
    search = session.scalar(query.with_for_update())
    if search is None:
        raise NotFound("No such search.")
    if search.request_id is None:
        raise BadInput("Only a search for a partner's request may stand.", code="no_request", field="search")
    if search.closed_at is None or search.error is not None:
        raise Conflict("This search has no result to go on from.", code="search_unfinished")
    _require_looked_for(session.get_one(Request, search.request_id), now)
    standing = exists().where(StandingSearch.ended_at.is_(None), StandingSearch.search_id == search.id)
    repetition = exists().where(StandingSearch.last_id == search.id)
    if session.scalar(select(or_(standing, repetition))):
        raise Conflict("This search stands already.", code="standing_already")
    return search, search.request_id


def _require_looked_for(request: Request, now: datetime) -> None:
    if request.found_at is not None:
        raise Conflict("She or he is found: nothing is searched any more.", code="found")
    if request.status in ("answered", "closed"):
        raise Conflict("The request is answered.", code="answered")
    if request.runaway_until is not None and request.runaway_until <= now:
        raise Conflict("This runaway is looked for no longer: renew the request first.", code="runaway_over")


def _held(desk: Desk, session: Session, person: Person, granted: Reach, identity: str) -> StandingSearch:
    """Return a standing search that runs, held."""
    query = select(StandingSearch).where(StandingSearch.id == identity)
    if granted is Reach.OWN:
        query = query.where(StandingSearch.user_id == person.id)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NotFound("No such standing search.")
    over = why_over(desk.store, session, row)
    if over == "answered":
        raise Conflict("The request is answered.", code="answered")
    if over is not None:
        raise Conflict("This standing search is over.", code="standing_over")
    return row


def _public(row: StandingSearch) -> dict[str, object]:
    return {
        "standing": row.id,
        "search": row.search_id,
        "request": row.request_id,
        "until": row.expires_at.isoformat(timespec="seconds"),
    }
