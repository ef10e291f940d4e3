"""What a pivot does with a referral: acknowledges it, in the portal or by the single-use link; tells its outcome."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.register import Event, append
from store.store import Store
from store.tables import Referral
from triage_api.access.attempts import count_attempt, take_back
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.referrals.held import held, require_state, said_of
from triage_api.referrals.links import hash_of
from triage_api.referrals.models import OutcomeIn, ReferralLine
from triage_api.referrals.reading import own, said_to_pivot, stands
from triage_api.referrals.sealing import sealed
from triage_api.referrals.showing import line
from triage_api.shell.recording import enter, recording

BY_LINK = "link"
"""Stands as actor in the register where a link acknowledged: whoever held it is not known by name."""
Via = Literal["portal", "call", "link"]


def acknowledge(store: Store, person: Person, identity: str) -> ReferralLine:
    """Acknowledge a referral: a pivot their own, the desk for one who said so by telephone.

    `Conflict` (``referral_state``) unless it waits for that.
    """
    granted = require(person, Action.REFERRAL_TAKE)
    with recording(store) as session:
        row = _taken(session, store, person, granted, identity)
        require_state(row, "sent")
        _acknowledge(store, row, "portal" if granted is Reach.OWN else "call")
        said = said_to_pivot(row) if granted is Reach.OWN else said_of(row)
        enter(session, store, person, Event.REFERRAL_ACKNOWLEDGED, said | {"how": row.acknowledged_via})
        return line(session, row, store.clock(), desk=granted is Reach.ANY)


def acknowledge_by_link(store: Store, token: str, address: str) -> bool:
    """Acknowledge by the link of an e-mail, once; False for a link that works no more or never did, and no more said.

    `TooManyAttempts` for whoever tries many.
    """
    counted = count_attempt(store, f"referral-link {token[:64]}", address)
    kept = hash_of(store.keys, token)
    if kept is None:
        return False
    with recording(store) as session:
        row = session.scalar(select(Referral).where(Referral.link_hash == kept).with_for_update())
        if row is None or not _link_works(session, store, row):
            return False
        take_back(session, counted)
        _acknowledge(store, row, "link")
        said = said_to_pivot(row) | {"how": BY_LINK}
        append(session, event=Event.REFERRAL_ACKNOWLEDGED, actor=BY_LINK, at=store.clock(), public=said)
    return True


def tell_outcome(store: Store, person: Person, identity: str, given: OutcomeIn) -> ReferralLine:
    """Tell what became of a referral; what was not acknowledged is by that. It may be told anew when more is known.

    `Conflict` (``referral_state``) before it was sent and once it is taken back.
    """
    granted = require(person, Action.REFERRAL_TAKE)
    with recording(store) as session:
        row = _taken(session, store, person, granted, identity)
        require_state(row, "sent", "acknowledged", "closed")
        if row.state == "sent":
            _acknowledge(store, row, "portal" if granted is Reach.OWN else "call")
        row.state, row.outcome, row.outcome_at = "closed", given.outcome, store.clock()
        row.outcome_sealed = sealed(store, row, given.text, "outcome") if given.text else None
        said = said_to_pivot(row) if granted is Reach.OWN else said_of(row)
        enter(session, store, person, Event.REFERRAL_ENDED, said | {"outcome": given.outcome})
        return line(session, row, store.clock(), desk=granted is Reach.ANY)


def _taken(session: Session, store: Store, person: Person, granted: Reach, identity: str) -> Referral:
    if granted is Reach.ANY:
        return held(session, identity)
    return own(session, store, person, identity, hold=True)


def _link_works(session: Session, store: Store, row: Referral) -> bool:
    lasts = row.link_ends_at is not None and row.link_ends_at > store.clock()
    return row.state == "sent" and lasts and bool(row.sealed) and stands(session, store, row)


def _acknowledge(store: Store, row: Referral, via: Via) -> None:
    row.state, row.acknowledged_at, row.acknowledged_via = "acknowledged", store.clock(), via
    row.link_hash = None
