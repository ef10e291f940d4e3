"""Whose requests somebody may see, and one of them, held while something is done with it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.store import Store
from store.tables import Request, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Reach
from triage_api.majority.access import lapsed


def visible(person: Person, granted: Reach) -> Select[Request]:
    """Return the query of the requests that somebody may see: a partner their own, made by themselves; the desk all.

    What an analyst wrote down for somebody without an account is nobody's own.
    """
    query = select(Request).where(Request.subject_id.in_(select(Subject.id).where(Subject.erased_at.is_(None))))
    return query.where(*_own(person)) if granted is Reach.OWN else query


def found(session: Session, store: Store, person: Person, granted: Reach, identity: str) -> Request:
    """Return a request that somebody may see now; another's, a missing one and one of an adult are missing alike."""
    return _kept(session, store, granted, session.scalar(visible(person, granted).where(Request.id == identity)))


def held(session: Session, store: Store, person: Person, granted: Reach, identity: str) -> Request:
    """Return the same, held before its queue item: an answer and a message do not pass each other by."""
    query = visible(person, granted).where(Request.id == identity).with_for_update()
    return _kept(session, store, granted, session.scalar(query))


def require_open(row: Request) -> None:
    """Raise `Conflict` (`request_closed`) for a request whose case is closed."""
    if row.closed_at is not None:
        raise Conflict("This case is closed: file a new request.", code="request_closed")


def is_own(row: Request, person: Person) -> bool:
    """Tell whether somebody filed a request themselves."""
    return row.channel == "portal" and row.partner_id == person.id


def _own(person: Person) -> tuple[ColumnElement[bool], ...]:
    return Request.partner_id == person.id, Request.channel == "portal"


def _kept(session: Session, store: Store, granted: Reach, row: Request | None) -> Request:
    if row is None or (granted is Reach.OWN and lapsed(session, store, row, row.organisation_id)):
        raise NotFound("No such request.")
    return row
