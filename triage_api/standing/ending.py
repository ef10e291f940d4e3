"""When a standing search is over, and entering that it is."""

from __future__ import annotations

from typing import cast

from sqlalchemy.orm import Session

from store.register import Event
from store.store import Store
from store.tables import Request, Search, StandingSearch, User
from store.work import finish_work
from triage_api.access.models import Person
from triage_api.access.people import person_of
from triage_api.access.policy import Action, may
from triage_api.searches.sealing import open_search
from triage_api.shell.recording import enter
from triage_api.standing.models import Ending

STANDING = "standing"
"""The kind of work that a standing search waits for; its key is the standing search's id."""
BY_ITSELF = {"via": "standing"}
"""Said in each entry that nobody's hand made."""


def why_over(store: Store, session: Session, row: StandingSearch) -> Ending | None:
    """Return why a standing search is over, ended or not yet; None while it runs."""
    if row.ended_at is not None:
        return cast("Ending", row.ended_why)
    request = session.get_one(Request, row.request_id)
    if open_search(store, session, session.get_one(Search, row.search_id)) is None:
        return "erased"
    if over := _request_over(request):
        return over
    if min(row.expires_at, request.runaway_until or row.expires_at) <= store.clock():
        return "lapsed"
    return None if _may_go_on(store, session, row) else "owner"


def _request_over(request: Request) -> Ending | None:
    if request.found_at is not None:
        return "found"
    over: dict[str, Ending] = {"answered": "answered", "closed": "closed"}
    return over.get(request.status)


def owner_of(store: Store, session: Session, row: StandingSearch) -> Person:
    """Return who lets a search stand, whether or not they may still."""
    return person_of(store, session, session.get_one(User, row.user_id))


def finish(store: Store, session: Session, row: StandingSearch, why: Ending, by: Person, via: dict[str, str]) -> None:
    """End a standing search, whose row is held, and enter it."""
    row.ended_at, row.ended_why = store.clock(), why
    session.flush()
    finish_work(session, STANDING, [row.id])
    public = {"standing": row.id, "search": row.search_id, "request": row.request_id, "why": why, **via}
    enter(session, store, by, Event.STANDING_ENDED, public)


def _may_go_on(store: Store, session: Session, row: StandingSearch) -> bool:
    owner = owner_of(store, session, row)
    active = session.get_one(User, row.user_id).active
    return active and may(owner, Action.SEARCH_STAND) and may(owner, Action.SEARCH_RUN)
