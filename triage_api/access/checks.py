"""What `vigie doctor` says of who may come in."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import User
from triage_api.access.glass.alerts import REVIEW_WITHIN, unreviewed
from triage_api.access.house import refusal
from triage_api.access.models import Role
from triage_api.access.people import is_trained
from triage_api.access.policy import TRAINED


def warnings(store: Store, session: Session) -> Iterator[str]:
    """Yield a line for each thing that somebody who keeps the accounts should mend; accounts by their pseudonym."""
    if not store.settings.require_totp:
        yield "second factor: not asked of everybody; set VIGIE_REQUIRE_TOTP=true"
    waiting, late = unreviewed(session, store.clock())
    if late:
        yield f"emergency accesses: {late} of {waiting} to review wait for more than {REVIEW_WITHIN.days} days"
    for user in session.scalars(select(User).where(User.active).order_by(User.pseudonym)):
        yield from _of_account(store, user)


def _of_account(store: Store, user: User) -> Iterator[str]:
    roles = [Role(role) for role in user.roles]
    if refusal(store.settings, roles, user.organisation):
        yield f"account {user.pseudonym}: the profile of the house does not take it ({', '.join(roles)})"
    if not TRAINED.isdisjoint(roles) and not is_trained(store, user.trained_on):
        yield f"account {user.pseudonym}: reads nothing until trained"
