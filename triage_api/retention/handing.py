"""Handing a request over before it goes: to a pivot who acknowledged what was told, never by a way of its own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound
from store.holds import held, held_among
from store.register import Event
from store.store import Store
from store.tables import Organisation, Referral, Request, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.referrals.reading import stands
from triage_api.retention.due import ends_of
from triage_api.retention.models import DueOut, DuePage, HandIn, ReceiverOut
from triage_api.shell.recording import enter, recording

AHEAD = timedelta(days=30)
"""So long before a request goes it is listed."""
_MOST = 200
_TAKEN = ("acknowledged", "closed")


def due_soon(store: Store, person: Person) -> DuePage:
    """Return the requests that go within a month, and those that only a hold keeps, soonest first."""
    require(person, Action.CASE_CLOSE)
    now = store.clock()
    with store.database.reading() as session:
        ends = {one: end for one, end in ends_of(session, store.settings).items() if end <= now + AHEAD}
        wanted = list(ends)[:_MOST]
        rows = {row.id: row for row in session.scalars(select(Request).where(Request.id.in_(wanted)))}
        kept, receivers = held_among(session, "request", wanted, now), _receivers(session, store, wanted)
        items = [_out(rows[one], ends[one], one in kept, receivers.get(one, [])) for one in wanted]
    return DuePage(items=items, days=AHEAD.days)


def hand_over(store: Store, person: Person, identity: str, given: HandIn) -> DueOut:
    """Record that all that is kept of a request was handed over, by a referral of it that was acknowledged.

    It goes with the next purge. `BadInput` (``unknown_referral``) for any other referral; `Conflict`: it has no answer
    yet (``answer_first``), was handed over (``handed_over``) or is held (``held``).
    """
    require(person, Action.CASE_CLOSE)
    now = store.clock()
    with recording(store) as session:
        row = _found(session, identity)
        _require_open(session, store, row)
        receivers = _receivers(session, store, [identity]).get(identity, [])
        taken = next((one.referral for one in receivers if one.referral == given.referral), None)
        if taken is None:
            raise BadInput("Name a referral that was acknowledged.", code="unknown_referral", field="referral")
        referral = session.get_one(Referral, taken)
        row.handed_at = now
        said = {"request": identity, "referral": taken, "organisation": referral.organisation_id}
        enter(session, store, person, Event.REQUEST_HANDED, said | {"pivot": referral.pivot_id})
        return _out(row, now, False, receivers)


def _require_open(session: Session, store: Store, row: Request) -> None:
    if not ends_of(session, store.settings, [row.id]):
        raise Conflict("Answer the request first.", code="answer_first")
    if row.handed_at is not None:
        raise Conflict("This request was handed over already.", code="handed_over")
    if held(session, "request", row.id, store.clock()):
        raise Conflict("This is under a legal hold: nothing of it goes before that ends.", code="held")


def _out(row: Request, ends: datetime, kept: bool, receivers: list[ReceiverOut]) -> DueOut:
    return DueOut(
        request=row.id,
        status=row.status,
        answered_at=row.answered_at,
        ends_at=ends,
        handed_at=row.handed_at,
        held=kept,
        receivers=receivers,
    )


def _found(session: Session, identity: str) -> Request:
    kept = select(Request).join(Subject, Subject.id == Request.subject_id).where(Subject.erased_at.is_(None))
    row = session.scalar(kept.where(Request.id == identity).with_for_update(of=Request))
    if row is None:
        raise NotFound("No such request.")
    return row


def _receivers(session: Session, store: Store, ids: Collection[str]) -> dict[str, list[ReceiverOut]]:
    """Return who acknowledged what was told and may still read it: nobody else is given the rest."""
    query = select(Referral, Organisation.name)
    query = query.join(Organisation, Organisation.id == Referral.organisation_id)
    query = query.where(Referral.request_id.in_(ids), Referral.state.in_(_TAKEN)).order_by(Referral.sent_at)
    found: dict[str, list[ReceiverOut]] = {}
    for referral, name in session.execute(query):
        if stands(session, store, referral):
            found.setdefault(referral.request_id or "", []).append(ReceiverOut(referral=referral.id, organisation=name))
    return found
