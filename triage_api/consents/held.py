"""Whose requests and consents somebody may see and hold: a partner those of their own requests, the desk all."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import NotFound
from store.store import Store
from store.tables import Consent, Request, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Reach
from triage_api.consents.ages import Known
from triage_api.consents.models import ConsentIn
from triage_api.requests.models import Details
from triage_api.requests.sealing import key_of, opened


def visible(query: Select[Consent], person: Person, granted: Reach) -> Select[Consent]:
    """Narrow a query of consents to those of requests that somebody may see."""
    query = query.join(Request, Request.id == Consent.request_id).join(Subject, Subject.id == Request.subject_id)
    query = query.where(Subject.erased_at.is_(None))
    return query.where(*_own(person)) if granted is Reach.OWN else query


def request_held(session: Session, person: Person, granted: Reach, identity: str, *, held: bool = True) -> Request:
    """Return a request that somebody may see, held against being erased; another's is missing by the same query."""
    query = select(Request).join(Subject, Subject.id == Request.subject_id)
    query = query.where(Request.id == identity, Subject.erased_at.is_(None))
    query = query.where(*_own(person)) if granted is Reach.OWN else query
    row = session.scalar(query.with_for_update(read=True, of=Request) if held else query)
    if row is None:
        raise NotFound("No such request.")
    return row


def _own(person: Person) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a request is somebody's own; what was telephoned is nobody's."""
    return Request.partner_id == person.id, Request.channel == "portal"


def consent_found(session: Session, person: Person, granted: Reach, identity: str) -> Consent:
    """Return a consent that somebody may see; another's is missing by the same query."""
    row = session.scalar(visible(select(Consent).where(Consent.id == identity), person, granted))
    if row is None:
        raise NotFound("No such consent.")
    return row


def age_known(session: Session, store: Store, row: Request, given: ConsentIn | None = None) -> Known | None:
    """Return what is known of the youth's age: as told now, else as the request says it; None: nothing.

    A birth date decides, whoever told it; an age that is told now is newer than that of the request.
    """
    key = key_of(session, store, row)
    told = Details.model_validate_json(opened(key, row.sealed, f"request:{row.id}"))
    born, age = getattr(told, "born", None), getattr(told, "age", None)
    if given is not None and (given.born or born):
        return Known(born=given.born or born)
    if born:
        return Known(born=born)
    if given is not None and given.age is not None:
        return Known(age=given.age, told_on=house_day(store.clock()))
    return None if age is None else Known(age=age, told_on=house_day(row.created_at))
