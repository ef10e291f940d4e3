"""Requests: filed by a partner, read by an analyst, seen by that partner alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from store.register import Event
from store.tables import Message, Organisation, QueueItem, Request, User
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.desk import Desk
from triage_api.directory.finding import organisation_of_user
from triage_api.majority.access import lapsed_among
from triage_api.requests.answers import answer_of, shown_to
from triage_api.requests.filing import acknowledged, lines_of, mistakes_in, refuse, write_request
from triage_api.requests.held import found, held, visible
from triage_api.requests.messages import message_out
from triage_api.requests.models import (
    Details,
    Filed,
    RequestIn,
    RequestLine,
    RequestOut,
    RequestPage,
    State,
)
from triage_api.requests.sealing import beside, key_of, opened
from triage_api.requests.telling import fields_of, grounds_of
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import after_key_change, enter, recording


def file_request(desk: Desk, person: Person, given: RequestIn) -> Filed:
    """Keep a partner's request, sealed, and put it in the queue; the acknowledgement tells nothing else.

    It is of the organisation whose pivot the partner is. `BadForm` for every field that cannot be.
    """
    require(person, Action.REQUEST_FILE)
    refuse(mistakes_in(desk.store, given))
    return after_key_change(lambda: _file(desk, person, given))


def _file(desk: Desk, person: Person, given: RequestIn) -> Filed:
    with desk.store.database.writing() as session:
        own = organisation_of_user(session, person.id)
        row = write_request(session, desk.store, person, given, organisation=own.id if own else None)
        return acknowledged(session, desk.store, row)


def list_requests(desk: Desk, person: Person, *, cursor: str | None = None, limit: int = 50) -> RequestPage:
    """Return requests, newest first: a partner's own, or all for those who answer them.

    Those of somebody who turned 18, which a partner reads no more, are left out of theirs.
    """
    granted = require(person, Action.REQUEST_READ)
    query = visible(person, granted).order_by(Request.created_at.desc(), Request.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor))
    with desk.store.database.reading() as session:
        rows = list(session.scalars(query))
        gone = lapsed_among(session, desk.store, rows) if granted is Reach.OWN else set()
        items = _lines(session, [row for row in rows[:limit] if row.id not in gone], granted)
    last = rows[limit - 1] if len(rows) > limit else None
    return RequestPage(items=items, next=last and wrap(last.created_at.isoformat(), last.id))


def read_request(desk: Desk, person: Person, identity: str) -> RequestOut:
    """Return a request: a partner's own, or any for those who answer, which is an entry in the register first."""
    granted = require(person, Action.REQUEST_READ)
    if granted is Reach.OWN:
        with desk.store.database.reading() as session:
            return _read(session, desk, found(session, desk.store, person, granted, identity), granted)
    with recording(desk.store) as session:
        row = held(session, desk.store, person, granted, identity)
        if row.status == "received":
            row.status = "in_progress"
        enter(session, desk.store, person, Event.REQUEST_OPENED, {"request": row.id})
        return _read(session, desk, row, granted)


def _lines(session: Session, rows: Sequence[Request], granted: Reach) -> list[RequestLine]:
    return [_line(session, row, granted) for row in rows]


def _line(session: Session, row: Request, granted: Reach) -> RequestLine:
    line = RequestLine(
        id=row.id,
        status=_state(row, granted),
        runaway=row.runaway,
        runaway_until=row.runaway_until,
        found_at=row.found_at,
        closed=row.closed_at is not None,
        created_at=row.created_at,
        answered_at=row.answered_at,
    )
    if granted is Reach.ANY:
        line.organisation = _organisation(session, row)
        line.channel = cast("Literal['portal', 'call']", row.channel)
        line.item = session.scalar(
            select(QueueItem.id).where(QueueItem.request_id == row.id, QueueItem.status == "open")
        )
    return line


def _state(row: Request, granted: Reach) -> State:
    told = "answered" if granted is Reach.OWN and row.status == "closed" else row.status
    return cast("State", told)


def _organisation(session: Session, row: Request) -> str | None:
    """Return who asks, as the directory has it, else as the partner's account says; of a call, only the directory."""
    if row.organisation_id is not None:
        return session.get_one(Organisation, row.organisation_id).name
    return session.get_one(User, row.partner_id).organisation if row.channel == "portal" else None


def _read(session: Session, desk: Desk, row: Request, granted: Reach) -> RequestOut:
    key = key_of(session, desk.store, row)
    messages = session.scalars(select(Message).where(Message.request_id == row.id).order_by(Message.id))
    answer, at_desk = answer_of(key, row), granted is Reach.ANY
    return RequestOut(
        **_line(session, row, granted).model_dump(),
        region=row.region,
        details=Details.model_validate_json(opened(key, row.sealed, f"request:{row.id}")),
        answer=shown_to(answer, granted) if answer else None,
        messages=[message_out(key, row, message) for message in messages],
        helplines=lines_of(session, desk.store, row),
        review_due_at=row.review_due_at if at_desk else None,
        beside=beside(session, row) if at_desk else None,
        grounds=grounds_of(session, row) if at_desk else None,
        fields=fields_of(session, row) if at_desk else None,
    )


def _after(cursor: str) -> ColumnElement[bool]:
    moment, identity = unwrap(cursor, str, str)
    created = moment_in(moment)
    return or_(Request.created_at < created, and_(Request.created_at == created, Request.id > identity))
