"""Messages on a request: the partner's, and the desk's, which speaks with one voice."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.register import Event
from store.tables import Message, Request
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.desk import Desk
from triage_api.notices.queueing import notify
from triage_api.requests.bare import refuse_bare
from triage_api.requests.held import held, is_own, require_open
from triage_api.requests.models import MessageIn, MessageOut
from triage_api.requests.queued import come_back
from triage_api.requests.sealing import key_of, opened, sealed
from triage_api.requests.telling import pivot_of_asker
from triage_api.shell.recording import enter, recording


def add_message(desk: Desk, person: Person, identity: str, given: MessageIn) -> MessageOut:
    """Add a message to a request that the person may see; a partner's puts what left the queue in it again.

    What the desk tells a partner leaves the house: it is an entry, and never says that
    nothing was found (`BadInput`, `bare_nothing`). `Conflict` (`request_closed`) once it is closed.
    """
    granted = require(person, Action.REQUEST_MESSAGE)
    now = desk.store.clock()
    if granted is Reach.ANY:
        refuse_bare(given.text)
    with desk.store.database.writing() if granted is Reach.OWN else recording(desk.store) as session:
        row = held(session, desk.store, person, granted, identity)
        require_open(row)
        from_partner = is_own(row, person)
        text = sealed(key_of(session, desk.store, row), given.text, f"message:{row.id}")
        session.add(Message(request_id=row.id, from_partner=from_partner, sealed=text, created_at=now))
        if from_partner and (row.status == "answered" or row.found_at is not None):
            row.status = "in_progress"
            come_back(session, row.id)
        if granted is Reach.ANY:
            _tell(desk, session, row)
            enter(session, desk.store, person, Event.MESSAGE_SENT, {"request": row.id})
    return MessageOut(sender="partner" if from_partner else "desk", text=given.text, created_at=now)


def _tell(desk: Desk, session: Session, row: Request) -> None:
    pivot = pivot_of_asker(session, desk.store, row)
    if pivot is not None:
        notify(session, desk.store, pivot, "message", row.id)


def message_out(key: bytes, row: Request, message: Message) -> MessageOut:
    """Return a message, opened."""
    text = opened(key, message.sealed, f"message:{row.id}")
    return MessageOut(sender="partner" if message.from_partner else "desk", text=text, created_at=message.created_at)
