"""Taking a consent back: by the code of its paper, by the partner, at the desk. It holds from that moment on.

Whoever takes one back means the organisation and not the paper: all that was agreed to for that organisation, for the
same youth, goes with it. What was told already stays in the ledger; whoever was told hears it, and people call them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.register import Event, append
from store.store import Store
from store.tables import Consent, Referral, Request, Subject
from triage_api.access.attempts import count_attempt, take_back
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.consents.codes import known_as, plain
from triage_api.consents.covering import in_force
from triage_api.consents.held import consent_found, request_held
from triage_api.consents.models import ConsentOut, Via
from triage_api.consents.service import shown
from triage_api.consents.told import tell_pivots
from triage_api.duty.alerts import tell
from triage_api.duty.standing import able
from triage_api.referrals.held import BEFORE_SENT, said_of
from triage_api.shell.recording import enter, recording

BY_CODE = "code"
"""Who the register says it was, where nobody is logged in."""


def withdraw(store: Store, person: Person, identity: str) -> ConsentOut:
    """Take a consent back and return it; one that holds no more is returned as it is."""
    granted = require(person, Action.CONSENT_RECORD)
    via: Via = "partner" if granted is Reach.OWN else "desk"
    with recording(store) as session:
        row = consent_found(session, person, granted, identity)
        request_held(session, person, granted, row.request_id)
        if not _take_back(session, store, row, via, person):
            session.refresh(row)  # somebody else took it back while this waited
        return shown(session, store, row)


def withdraw_by_code(store: Store, typed: str, address: str, person: Person | None = None) -> bool:
    """Take back what the code of a paper stands for; False, whatever is wrong with the code, if nothing holds by it.

    `TooManyAttempts` after many wrong codes from one address. A code that was right counts for none.
    """
    counted = count_attempt(store, f"consent-code:{plain(typed)}", address)
    hashed = known_as(store, typed)
    with recording(store) as session:
        row = session.scalar(select(Consent).where(Consent.code_hash == (hashed or "")))
        if row is None or not _hold_request(session, row) or not _take_back(session, store, row, "code", person):
            return False
        take_back(session, counted)
    return True


def blank_consents(session: Session, subject: str) -> None:
    """Take out of the database what was written about how consents of a subject were explained."""
    session.execute(update(Consent).where(Consent.subject_id == subject).values(sealed=b""))


def _hold_request(session: Session, row: Consent) -> bool:
    """Hold the request of a consent against being erased; tell whether it is there."""
    query = select(Request.id).join(Subject, Subject.id == Request.subject_id)
    query = query.where(Request.id == row.request_id, Subject.erased_at.is_(None))
    return session.scalar(query.with_for_update(read=True, of=Request)) is not None


def _take_back(session: Session, store: Store, named: Consent, via: Via, person: Person | None) -> bool:
    """Take back all that holds for the same youth and organisation; tell whether the consent named was among it.

    The lock lets a referral that is being sent name the consent: it is waited for, and does not wait for this.
    """
    now = store.clock()
    query = select(Consent).join(Subject, Subject.id == Consent.subject_id)
    same = Consent.subject_id == named.subject_id, Consent.organisation_id == named.organisation_id
    query = query.where(*same, in_force(now)).order_by(Consent.id).with_for_update(of=Consent, key_share=True)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    if named.id not in {row.id for row in rows}:
        return False
    for row in rows:
        row.withdrawn_at, row.withdrawn_via = now, via
    stopped = _stop_referrals(session, [row.id for row in rows])
    tell_pivots(session, store, [row.id for row in rows])
    people = able(session, store.settings, now)
    tell(session, "consent_withdrawn", [(user, row.id) for user in people for row in rows], now)
    for row in rows:
        said = {"consent": row.id, "request": row.request_id, "organisation": row.organisation_id, "how": via}
        _enter(session, store, person, Event.CONSENT_WITHDRAWN, said)
    for referral in stopped:
        _enter(session, store, person, Event.REFERRAL_WITHDRAWN, referral)
    return True


def _stop_referrals(session: Session, consents: Collection[str]) -> Sequence[Mapping[str, Any]]:
    """Withdraw the referrals that rest on consents and are not sent; return what to enter of each.

    One that is being sent at this moment is waited for and, if it was sent, left: whoever opens it asks `still_given`.
    """
    waiting = select(Referral).where(Referral.consent_id.in_(consents), Referral.state.in_(BEFORE_SENT))
    rows = session.scalars(waiting.order_by(Referral.id).with_for_update()).all()
    told = [{**said_of(row), "was": row.state, "consent": row.consent_id} for row in rows]
    for row in rows:
        row.state, row.link_hash = "withdrawn", None
    return told


def _enter(session: Session, store: Store, person: Person | None, event: Event, said: Mapping[str, Any]) -> None:
    if person is not None:
        enter(session, store, person, event, said)
    else:
        append(session, event=event, actor=BY_CODE, at=store.clock(), public=said)
