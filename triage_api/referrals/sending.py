"""Sending: once, or not at all, and its state says which.

One transaction makes a referral readable to its pivot, writes the ledger and the register, asks for the notice and for
the review. Cut short anywhere, all of it was done or none.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from store.decisions import newest_verdict
from store.errors import Conflict
from store.register import Event
from store.store import Store
from store.tables import Referral
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.ledger.writing import write_line
from triage_api.notices.queueing import notify
from triage_api.referrals.alone import ask_review
from triage_api.referrals.checking import cleared
from triage_api.referrals.due import acknowledged_by
from triage_api.referrals.held import content_of, held, require_state, said_of
from triage_api.referrals.links import new_token
from triage_api.referrals.models import ReferralLine
from triage_api.referrals.showing import line
from triage_api.shell.recording import after_key_change, recording


def send(store: Store, person: Person, identity: str) -> ReferralLine:
    """Send an approved referral, once.

    `Conflict`: it is not approved, or sent already (``referral_state``), nobody can be told (``no_pivot``), its consent
    is gone (``no_consent``), its post is not to be referred any more (``not_referred``).
    """
    require(person, Action.REFERRAL_MAKE)

    def act() -> ReferralLine:
        with recording(store) as session:
            store.keys.hold_hashing(session)
            row = held(session, identity)
            send_in(session, store, person, row)
            return line(session, row, store.clock(), desk=True)

    return after_key_change(act)


def send_in(session: Session, store: Store, person: Person, row: Referral) -> None:
    """Send an approved referral in the caller's transaction, which holds it and the key of hashes."""
    require_state(row, "approved")
    _require_wanted(session, row)
    clear = cleared(session, store, row.pivot_id, row.subject_id, content_of(session, store, row))
    now = store.clock()
    row.pivot_id, row.consent_id = clear.pivot.id, clear.consent.id if clear.consent else None
    row.state, row.sent_at = "sent", now
    row.due_at = acknowledged_by(store.settings, now, urgent=clear.ground.urgent)
    notify(session, store, row.pivot_id, "referral", row.id, _link(store, row, now))
    if row.alone:
        ask_review(session, store, row, now)
    write_line(
        session,
        store,
        person,
        kind="referral" if clear.pivot.user_id else "call",
        about=row.id,
        subject=row.subject_id,
        organisation=row.organisation_id,
        pivot=row.pivot_id,
        ground=row.ground,
        consent=row.consent_id,
        fields=row.fields,
        event=Event.REFERRAL_SENT,
        public=said_of(row) | {"alone": row.alone, "posts": len(row.posts)},
    )


def _require_wanted(session: Session, row: Referral) -> None:
    """Raise `Conflict` if the decision that a referral rests on was undone or changed."""
    if row.post_id is not None and newest_verdict(session, row.post_id) != "refer":
        raise Conflict("It was decided otherwise since: this post is not to be referred.", code="not_referred")


def _link(store: Store, row: Referral, now: datetime) -> str | None:
    """Return the address by which the pivot acknowledges; None for a house without an address of its own."""
    address = store.settings.public_address
    if not address:
        return None
    token, row.link_hash = new_token(store.keys)
    row.link_ends_at = now + timedelta(days=store.settings.link_days)
    return f"{address}/ack/{token}"
