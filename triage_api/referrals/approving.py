"""Letting a referral go: approved by a second person, or by one where the ground is urgent; refused, or taken back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.register import Event
from store.store import Store
from store.tables import Referral
from triage_api.access.glass.second import second_person
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.grounds.catalogue import GROUNDS
from triage_api.notices.queueing import notify
from triage_api.referrals.checking import cleared
from triage_api.referrals.held import TO_PIVOT, content_of, held, require_state, said_of
from triage_api.referrals.models import ApproveIn, ReferralLine, State, WhyIn
from triage_api.referrals.sending import send_in
from triage_api.referrals.showing import line
from triage_api.shell.recording import after_key_change, enter, recording

_ALONE = 1
_ENDS: dict[State, tuple[Event, tuple[State, ...]]] = {
    "refused": (Event.REFERRAL_REFUSED, ("draft",)),
    "withdrawn": (Event.REFERRAL_WITHDRAWN, ("draft", "approved", "sent", "acknowledged")),
}
"""How a referral ends before its outcome: under which event, and from which states."""


def approve(store: Store, person: Person, identity: str, given: ApproveIn) -> ReferralLine:
    """Approve a draft and, with `send`, send it in the same transaction.

    `NotAllowed` (``second_person``) where the ground asks for two people and this is the one who made it; `Conflict`
    (``referral_state``), and all that `checking.cleared` finds by now.
    """
    require(person, Action.REFERRAL_MAKE)

    def act() -> ReferralLine:
        with recording(store) as session:
            if given.send:
                store.keys.hold_hashing(session)
            row = held(session, identity)
            approve_in(session, store, person, row, given.reason)
            if given.send:
                send_in(session, store, person, row)
            return line(session, row, store.clock(), desk=True)

    return after_key_change(act)


def approve_in(session: Session, store: Store, person: Person, row: Referral, reason: str = "") -> None:
    """Approve a draft in the caller's transaction, which holds it."""
    require_state(row, "draft")
    cleared(session, store, row.pivot_id, row.subject_id, content_of(session, store, row))
    row.alone = _is_alone(session, store, person, row, reason)
    row.state, row.approved_by, row.approved_at = "approved", person.id, store.clock()
    enter(session, store, person, Event.REFERRAL_APPROVED, said_of(row) | {"alone": row.alone})


def refuse(store: Store, person: Person, identity: str, given: WhyIn) -> ReferralLine:
    """Refuse a draft for good; why stands sealed in the register."""
    require(person, Action.REFERRAL_MAKE)
    return _end(store, person, identity, given, "refused")


def withdraw(store: Store, person: Person, identity: str, given: WhyIn) -> ReferralLine:
    """Take a referral back; nobody outside reads it from then on. That it was told stays in the ledger, if it was.

    A pivot who could read it hears that it was taken back, by an e-mail without content and in the portal.
    """
    require(person, Action.REFERRAL_MAKE)
    return _end(store, person, identity, given, "withdrawn")


def _is_alone(session: Session, store: Store, person: Person, row: Referral, reason: str) -> bool:
    """Tell whether nobody but its maker lets it go; raise unless that may be."""
    if GROUNDS[row.ground].people == _ALONE:
        return person.id == row.created_by
    act = Event.REFERRAL_APPROVED.value
    return not second_person(
        store, session, person, first=row.created_by, asked_at=row.created_at, act=act, reason=reason
    )


def _end(store: Store, person: Person, identity: str, given: WhyIn, state: State) -> ReferralLine:
    event, states = _ENDS[state]
    with recording(store) as session:
        row = held(session, identity)
        require_state(row, *states)
        said = said_of(row) | {"was": row.state}
        if row.state in TO_PIVOT:
            row.taken_back_at = store.clock()
            notify(session, store, row.pivot_id, "withdrawn", row.id)
        row.state, row.link_hash = state, None
        why = store.keys.sealed(given.reason, f"referral-end:{row.id}")
        enter(session, store, person, event, said, why)
        return line(session, row, store.clock(), desk=True)
