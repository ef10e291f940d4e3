"""The youth is found: from that moment nothing is searched, repeated or matched for the request, and its texts go."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import Conflict
from store.register import Event
from store.store import Store
from store.tables import Message, Request, StandingSearch
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.requests.filing import refuse
from triage_api.requests.held import held, is_own, require_open
from triage_api.requests.models import FoundIn
from triage_api.requests.queued import calm, leave
from triage_api.requests.sealing import forget_hashes
from triage_api.shell.recording import enter, recording
from triage_api.standing.ending import finish
from triage_api.standing.models import Ending

ENDING = "runaway_ending"
"""The kind of alert that asks whether a runaway is to be looked for longer."""


def tell_found(desk: Desk, person: Person, identity: str, given: FoundIn) -> None:
    """Note that the youth of a request is found, once: said by who asked, or at the desk, which is an entry.

    In one transaction its standing searches end and the hashes by which anything is matched with it are deleted. It
    leaves the queue, unless who asked waits for an answer to a message. What was pasted or watched for it alone goes
    within `VIGIE_FOUND_DAYS`: the step `runaways` sees to that, so that who says it does not learn how much it is.
    `BadForm` unless confirmed, `Conflict`: `found` before, `request_closed`.
    """
    granted = require(person, Action.REQUEST_MESSAGE)
    refuse({"confirm": "" if given.confirm else "needed"})
    with recording(desk.store) as session:
        row = held(session, desk.store, person, granted, identity)
        require_open(row)
        if row.found_at is not None:
            raise Conflict("It is noted already that she or he is found.", code="found")
        row.found_at = desk.store.clock()
        end_standing(session, desk.store, person, row.id, "found")
        forget_hashes(session, row.subject_id)
        _let_wait(session, person, row)
        enter(session, desk.store, person, Event.REQUEST_FOUND, {"request": row.id})


def end_standing(session: Session, store: Store, person: Person, request: str, why: Ending) -> None:
    """End the standing searches of a request, each with its entry."""
    running = select(StandingSearch).where(StandingSearch.request_id == request, StandingSearch.ended_at.is_(None))
    for row in session.scalars(running.order_by(StandingSearch.id).with_for_update()).all():
        finish(store, session, row, why, person, {})


def waits_for_word(session: Session, row: Request) -> bool:
    """Tell whether who asked wrote since the desk last did."""
    newest = select(func.max(Message.id)).where(Message.request_id == row.id)
    asked = session.scalar(newest.where(Message.from_partner.is_(True)))
    told = session.scalar(newest.where(Message.from_partner.is_(False))) or 0
    if asked is None or asked < told:
        return False
    written = session.get_one(Message, asked).created_at
    return row.answered_at is None or written > row.answered_at


def _let_wait(session: Session, person: Person, row: Request) -> None:
    if waits_for_word(session, row):
        calm(session, row.id)
    else:
        leave(session, row.id, None if is_own(row, person) else person)
