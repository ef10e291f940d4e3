"""Requests: filed by a partner, read and answered by an analyst, seen by that partner alone."""

from __future__ import annotations

import secrets
from typing import cast

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from nlp.types import URGENCIES
from store.errors import Conflict, NotFound
from store.register import Event
from store.tables import Message, QueueItem, Request, Search, Skip, Subject, User
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.desk import Desk
from triage_api.queue.claims import close, require_free
from triage_api.requests.models import (
    AnswerIn,
    AnswerOut,
    Details,
    Filed,
    MessageIn,
    MessageOut,
    RequestIn,
    RequestLine,
    RequestOut,
    RequestPage,
    State,
)
from triage_api.requests.sealing import beside, key_of, new_subject, opened, sealed
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import after_key_change, enter, recording
from triage_api.sources.coverage import coverage_of, without_names
from triage_api.sources.covering import Coverage


def file_request(desk: Desk, person: Person, given: RequestIn) -> Filed:
    """Keep a partner's request, sealed, and put it in the queue; the acknowledgement tells nothing else."""
    require(person, Action.REQUEST_FILE)
    return after_key_change(lambda: _file(desk, person, given))


def _file(desk: Desk, person: Person, given: RequestIn) -> Filed:
    identity, now = f"r-{secrets.token_hex(10)}", desk.store.clock()
    with desk.store.database.writing() as session:
        subject, key = new_subject(session, desk.store, given)
        told = Details.model_validate(given.model_dump()).model_dump_json()
        session.add(
            Request(
                id=identity,
                partner_id=person.id,
                subject_id=subject.id,
                sealed=sealed(key, told, f"request:{identity}"),
                runaway=given.runaway,
                status="received",
                created_at=now,
            )
        )
        session.flush()
        session.add(_item(identity, desk, runaway=given.runaway))
    return Filed(id=identity, created_at=now)


def list_requests(desk: Desk, person: Person, *, cursor: str | None = None, limit: int = 50) -> RequestPage:
    """Return requests, newest first: a partner's own, or all for those who answer them."""
    granted = require(person, Action.REQUEST_READ)
    query = _visible(person, granted).order_by(Request.created_at.desc(), Request.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor))
    with desk.store.database.reading() as session:
        rows = list(session.scalars(query))
        items = [_line(session, row, granted) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return RequestPage(items=items, next=last and wrap(last.created_at.isoformat(), last.id))


def read_request(desk: Desk, person: Person, identity: str) -> RequestOut:
    """Return a request: a partner's own, or any for those who answer, which is an entry in the register first."""
    granted = require(person, Action.REQUEST_READ)
    if granted is Reach.OWN:
        with desk.store.database.reading() as session:
            row = _found(session.scalar(_named(person, granted, identity)))
            return _read(session, desk, row, granted)
    with recording(desk.store) as session:
        row = _held(session, person, granted, identity)
        if row.status == "received":
            row.status = "in_progress"
        enter(session, desk.store, person, Event.REQUEST_OPENED, {"request": row.id})
        return _read(session, desk, row, granted)


def answer(desk: Desk, person: Person, identity: str, given: AnswerIn) -> AnswerOut:
    """Answer a request once and take it out of the queue; "nothing found" carries what was covered and what was not."""
    granted = require(person, Action.REQUEST_ANSWER)
    now = desk.store.clock()
    with recording(desk.store) as session:
        row = _held(session, person, granted, identity)
        if row.status == "answered":
            raise Conflict("This request is answered already.", code="answered")
        item = session.scalar(select(QueueItem).where(QueueItem.request_id == row.id).with_for_update())
        if item is not None:
            require_free(item, person, desk)
            close(item, person)
        looked_at = _looked_at(desk, session, row) if given.kind == "nothing_found" else None
        said = AnswerOut(kind=given.kind, text=given.text, coverage=looked_at, answered_at=now)
        key = key_of(session, desk.store, row)
        row.answer_sealed = sealed(key, said.model_dump_json(), f"answer:{row.id}")
        row.status, row.answer_kind, row.answered_at, row.answered_by = "answered", given.kind, now, person.id
        enter(session, desk.store, person, Event.REQUEST_ANSWERED, {"request": row.id, "kind": given.kind})
    return said


def add_message(desk: Desk, person: Person, identity: str, given: MessageIn) -> MessageOut:
    """Add a message to a request that the person may see; a partner's puts an answered request in the queue again.

    What the desk tells a partner leaves the house: it is an entry.
    """
    granted = require(person, Action.REQUEST_MESSAGE)
    now = desk.store.clock()
    with desk.store.database.writing() if granted is Reach.OWN else recording(desk.store) as session:
        row = _held(session, person, granted, identity)
        from_partner = row.partner_id == person.id
        text = sealed(key_of(session, desk.store, row), given.text, f"message:{row.id}")
        session.add(Message(request_id=row.id, from_partner=from_partner, sealed=text, created_at=now))
        if from_partner and row.status == "answered":
            row.status = "in_progress"
            _reopen(session, row.id)
        if granted is Reach.ANY:
            enter(session, desk.store, person, Event.MESSAGE_SENT, {"request": row.id})
    return MessageOut(sender="partner" if from_partner else "desk", text=given.text, created_at=now)


def _looked_at(desk: Desk, session: Session, row: Request) -> Coverage:
    """Return what the searches made for a request covered; `Conflict` (`search_first`) if none was made."""
    made = select(Search).where(Search.request_id == row.id, Search.closed_at.is_not(None), Search.error.is_(None))
    searches = list(session.scalars(made))
    if not searches:
        raise Conflict("Nothing was searched for this request: search first.", code="search_first")
    return coverage_of(session, desk.store, searches)


def _reopen(session: Session, request: str) -> None:
    """Put a request's item back in the queue, also for those who passed it over."""
    item = session.scalar(select(QueueItem).where(QueueItem.request_id == request).with_for_update())
    if item is not None:
        item.status = "open"
        session.execute(delete(Skip).where(Skip.item_id == item.id))


def _item(request: str, desk: Desk, *, runaway: bool) -> QueueItem:
    urgency = "soon" if runaway else "routine"
    return QueueItem(
        id=f"q-{secrets.token_hex(12)}",
        request_id=request,
        lane="requests",
        urgency=urgency,
        rank=URGENCIES.index(urgency),
        score=1.0,
        signals=[],
        created_at=desk.store.clock(),
    )


def _visible(person: Person, granted: Reach) -> Select[Request]:
    query = select(Request).where(Request.subject_id.in_(select(Subject.id).where(Subject.erased_at.is_(None))))
    return query.where(Request.partner_id == person.id) if granted is Reach.OWN else query


def _named(person: Person, granted: Reach, identity: str) -> Select[Request]:
    """Return the query of a request; another's and a missing one are found missing by the same query."""
    return _visible(person, granted).where(Request.id == identity)


def _held(session: Session, person: Person, granted: Reach, identity: str) -> Request:
    """Return a request, held before its queue item: an answer and a message do not pass each other by."""
    return _found(session.scalar(_named(person, granted, identity).with_for_update()))


def _found(row: Request | None) -> Request:
    if row is None:
        raise NotFound("No such request.")
    return row


def _line(session: Session, row: Request, granted: Reach) -> RequestLine:
    line = RequestLine(
        id=row.id,
        status=cast("State", row.status),
        runaway=row.runaway,
        created_at=row.created_at,
        answered_at=row.answered_at,
    )
    if granted is Reach.ANY:
        line.organisation = session.get_one(User, row.partner_id).organisation
        line.item = session.scalar(
            select(QueueItem.id).where(QueueItem.request_id == row.id, QueueItem.status == "open")
        )
    return line


def _read(session: Session, desk: Desk, row: Request, granted: Reach) -> RequestOut:
    key = key_of(session, desk.store, row)
    told = Details.model_validate_json(opened(key, row.sealed, f"request:{row.id}"))
    said = opened(key, row.answer_sealed, f"answer:{row.id}") if row.answer_sealed else None
    messages = session.scalars(select(Message).where(Message.request_id == row.id).order_by(Message.id))
    return RequestOut(
        **_line(session, row, granted).model_dump(),
        details=told,
        answer=_answered(said, granted) if said else None,
        messages=[_message(key, row, message) for message in messages],
        beside=beside(session, row) if granted is Reach.ANY else None,
    )


def _answered(said: str, granted: Reach) -> AnswerOut:
    """Return an answer; the partner is told what kinds of places were looked at, not their names."""
    told = AnswerOut.model_validate_json(said)
    if granted is Reach.OWN and told.coverage is not None:
        told.coverage = without_names(told.coverage)
    return told


def _message(key: bytes, row: Request, message: Message) -> MessageOut:
    text = opened(key, message.sealed, f"message:{row.id}")
    return MessageOut(sender="partner" if message.from_partner else "desk", text=text, created_at=message.created_at)


def _after(cursor: str) -> ColumnElement[bool]:
    moment, identity = unwrap(cursor, str, str)
    created = moment_in(moment)
    return or_(Request.created_at < created, and_(Request.created_at == created, Request.id > identity))
