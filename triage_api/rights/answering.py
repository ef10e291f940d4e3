"""The desk's side: reading a request, checking who asks, looking up what is kept, answering. Each is an entry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.contacts import read_identifier
from store.errors import BadInput, Conflict, NotFound
from store.register import Event
from store.store import Store
from store.tables import Request, RightsCase, Subject, SubjectHash
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.rights.models import (
    AnswerIn,
    CaseLine,
    CaseOut,
    CasePage,
    How,
    IdentityIn,
    Outcome,
    RightsKind,
    Told,
)
from triage_api.rights.receiving import key_name
from triage_api.searches.models import SearchIn
from triage_api.searches.service import search
from triage_api.shell.recording import enter, recording

DUE = "rights_due"
"""The alert that a request is due soon, or late."""
PURPOSE, GROUND = "rights", "Loi sur l'accès 83"
_MOST = 200


def list_cases(store: Store, person: Person) -> CasePage:
    """Return what waits and what was answered, without content."""
    require(person, Action.RIGHTS_ANSWER)
    waits, done = RightsCase.answered_at.is_(None), RightsCase.answered_at.is_not(None)
    with store.database.reading() as session:
        open_ones = session.scalars(select(RightsCase).where(waits).order_by(RightsCase.due_at, RightsCase.id))
        ended = select(RightsCase).where(done).order_by(RightsCase.answered_at.desc(), RightsCase.id)
        rows = [*open_ones, *session.scalars(ended.limit(_MOST))]
        return CasePage(items=[_line(row, store.clock()) for row in rows[:_MOST]])


def open_case(store: Store, person: Person, identity: str) -> CaseOut:
    """Read a request; the call makes the entry."""
    require(person, Action.RIGHTS_ANSWER)
    with recording(store) as session:
        row = _held(session, identity)
        enter(session, store, person, Event.RIGHTS_READ, {"case": row.id, "act": "read"})
        return _whole(session, store, row)


def check_identity(store: Store, person: Person, identity: str, given: IdentityIn) -> CaseLine:
    """Write down how it was checked who asks; `BadInput` for a check that this kind of request cannot do with."""
    require(person, Action.RIGHTS_ANSWER)
    with recording(store) as session:
        row = _waiting(session, identity)
        if given.how == "not_needed" and row.kind != "complaint":
            raise BadInput("Only a complaint is answered without knowing who asks.", field="how", code="identity_first")
        row.identity_at, row.identity_by, row.identity_how = store.clock(), person.pseudonym, given.how
        enter(session, store, person, Event.RIGHTS_READ, {"case": row.id, "act": "identity", "how": given.how})
        return _line(row, store.clock())


def look_up(desk: Desk, person: Person, identity: str) -> str:
    """Search the posts for whoever asks, by what they gave as their own, and return the search's id.

    It stands in the register like any other. `Conflict` (``identity_first``) before it was checked who asks,
    `BadInput` (``no_identifier``) if nothing that they gave can be read.
    """
    require(person, Action.RIGHTS_ANSWER)
    with recording(desk.store) as session:
        row = _waiting(session, identity)
        _require_identity(row)
        wanted = _readable(_told(desk.store, row))
        if not wanted:
            raise BadInput("Nothing that was given can be looked for.", field="identifiers", code="no_identifier")
        row.looked_at = desk.store.clock()
        enter(session, desk.store, person, Event.RIGHTS_READ, {"case": row.id, "act": "looked"})
    return search(desk, person, SearchIn(identifiers=wanted, purpose=PURPOSE, ground=GROUND)).id


def answer(store: Store, person: Person, identity: str, given: AnswerIn) -> CaseLine:
    """Answer a request, once: it is read by its code from then on.

    `Conflict`: it is answered (``rights_answered``); it was not checked who asks (``identity_first``), which only a
    complaint and a refusal do without; nothing is said to be kept though nobody looked (``look_first``). `BadInput`
    (``not_vetted``) unless the answer was read again.
    """
    require(person, Action.RIGHTS_ANSWER)
    if not given.vetted:
        raise BadInput("Confirm that the answer was read again.", field="vetted", code="not_vetted")
    with recording(store) as session:
        row = _waiting(session, identity)
        if given.outcome != "refused":
            _require_identity(row)
        if given.outcome == "nothing_kept" and row.looked_at is None and _readable(_told(store, row)):
            raise Conflict("Look first for what they gave as their own.", code="look_first")
        row.answer_sealed = store.keys.sealed(given.text, key_name(row.id))
        row.outcome, row.answered_at, row.answered_by = given.outcome, store.clock(), person.pseudonym
        enter(session, store, person, Event.RIGHTS_ANSWERED, {"case": row.id, "outcome": given.outcome})
        return _line(row, store.clock())


def _held(session: Session, identity: str) -> RightsCase:
    row = session.scalar(select(RightsCase).where(RightsCase.id == identity).with_for_update())
    if row is None:
        raise NotFound("No such request.")
    return row


def _waiting(session: Session, identity: str) -> RightsCase:
    row = _held(session, identity)
    if row.answered_at is not None:
        raise Conflict("This was answered already.", code="rights_answered")
    return row


def _require_identity(row: RightsCase) -> None:
    if row.identity_at is None and row.kind != "complaint":
        raise Conflict("Check first who asks.", code="identity_first")


def _told(store: Store, row: RightsCase) -> Told:
    return Told.model_validate_json(store.keys.opened(row.sealed, key_name(row.id)))


def _readable(told: Told) -> list[str]:
    """Return what was given that can be looked for."""
    return [one for one in told.identifiers if any(True for _ in read_identifier(one))]


def _whole(session: Session, store: Store, row: RightsCase) -> CaseOut:
    line = _line(row, store.clock()).model_dump()
    if row.ended_at is not None:
        return CaseOut(**line, told=None, answer="", requests=[])
    told = _told(store, row)
    text = store.keys.opened(row.answer_sealed, key_name(row.id)) if row.answer_sealed is not None else ""
    naming = _naming(session, store, told.identifiers) if row.identity_at else []
    return CaseOut(**line, told=told, answer=text, requests=naming)


def _naming(session: Session, store: Store, identifiers: Iterable[str]) -> list[str]:
    """Return the requests of partners that name one of the identifiers, of those whose subject is not erased."""
    hashes = {store.keys.blind(one.kind, one.value) for typed in identifiers for one in read_identifier(typed)}
    query = select(Request.id).join(SubjectHash, SubjectHash.subject_id == Request.subject_id)
    query = query.join(Subject, Subject.id == Request.subject_id)
    found = SubjectHash.hash.in_(hashes), Subject.erased_at.is_(None)
    return sorted(session.scalars(query.where(*found).distinct()))


def _line(row: RightsCase, now: datetime) -> CaseLine:
    return CaseLine(
        id=row.id,
        kind=cast("RightsKind", row.kind),
        received_at=row.received_at,
        due_at=row.due_at,
        late=row.answered_at is None and row.due_at <= now,
        identity_at=row.identity_at,
        identity_how=cast("How", row.identity_how) if row.identity_how else None,
        outcome=cast("Outcome", row.outcome) if row.outcome else None,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
    )
