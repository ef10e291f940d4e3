"""Erasing what referrals of a subject tell; that they were sent, to whom and on what ground, stays in the ledger."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.tables import Referral
from triage_api.referrals.sealing import own_key


def blank_referrals(session: Session, *, request: str = "", post: str = "") -> list[str]:
    """Blank the referrals of a request, or those of a post that no request stands behind.

    Nobody reads them from then on, and their links acknowledge nothing. Returns the data keys to destroy: their own,
    and those of what was written about why they ended or how they were found; what lay under the subject's key dies
    with that.
    """
    mine = Referral.request_id == request if request else Referral.post_id == post
    ids = list(session.scalars(select(Referral.id).where(mine).order_by(Referral.id).with_for_update()))
    gone = update(Referral).where(Referral.id.in_(ids))
    session.execute(gone.values(sealed=b"", outcome_sealed=None, link_hash=None, posts=[]))
    return [name for one in ids for name in (own_key(one), f"referral-end:{one}", f"referral-review:{one}")]
