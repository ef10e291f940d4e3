"""What one person disclosed alone, by a referral or by an answer: who is told to review it, and by when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import Referral, Request, User
from triage_api.access.models import Role
from triage_api.duty.alerts import tell
from triage_api.referrals.due import reviewed_by

REVIEW = "disclosure_review"
_REVIEWERS = frozenset({Role.SUPERVISOR, Role.AUDITOR})


def ask_review(session: Session, store: Store, row: Referral | Request, now: datetime) -> None:
    """Have what somebody disclosed alone just now reviewed by somebody else, in the caller's transaction."""
    row.review_due_at = reviewed_by(store.settings, now)
    tell(session, REVIEW, [(user, row.id) for user in reviewers(session, row)], now)


def reviewers(session: Session, row: Referral | Request) -> list[str]:
    """Return the ids of those who may review a disclosure: supervisors and auditors who had no part in it."""
    users = session.execute(select(User.id, User.roles).where(User.active))
    return [user for user, roles in users if user not in had_part(row) and not _REVIEWERS.isdisjoint(roles)]


def had_part(row: Referral | Request) -> set[str | None]:
    """Return the ids of who disclosed it; who wrote a request down had no part in what its answer tells."""
    return {row.created_by, row.approved_by} if isinstance(row, Referral) else {row.answered_by}
