"""One referral, held while something is done with it; and what entries tell of one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.store import Store
from store.tables import Referral, Request
from triage_api.referrals.checking import Content
from triage_api.referrals.models import Stage, State
from triage_api.referrals.sealing import opened

BEFORE_SENT: tuple[State, ...] = ("draft", "approved")
TO_PIVOT: tuple[State, ...] = ("sent", "acknowledged", "closed")
"""States in which its pivot may read a referral."""


def held(session: Session, identity: str) -> Referral:
    """Return a referral for the desk, held until the transaction ends; `NotFound` if it is erased or never was.

    Its request is held first, against being erased meanwhile, as whoever erases it does.
    """
    about = session.scalar(select(Referral.request_id).where(Referral.id == identity))
    if about is not None:
        session.execute(select(Request.id).where(Request.id == about).with_for_update(read=True)).all()
    row = session.scalar(select(Referral).where(Referral.id == identity, Referral.sealed != b"").with_for_update())
    if row is None:
        raise NotFound("No such referral.")
    return row


def require_state(row: Referral, *states: State) -> None:
    """Raise `Conflict` (``referral_state``) unless a referral is in one of some states."""
    if row.state not in states:
        raise Conflict(f"This referral is {row.state} by now.", code="referral_state")


def content_of(session: Session, store: Store, row: Referral) -> Content:
    """Return what a referral tells, as it was made."""
    told, _ = opened(session, store, row)
    stage: Stage = "named" if row.stage == "named" else "plain"
    return Content(row.ground, told.facts, stage, told.told, row.posts)


def said_of(row: Referral) -> dict[str, object]:
    """Return what entries tell of a referral: nothing of anybody."""
    about = {"request": row.request_id} if row.request_id else {"post": row.post_id}
    return {"referral": row.id, **about, "organisation": row.organisation_id, "ground": row.ground, "stage": row.stage}
