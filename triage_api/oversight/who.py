"""Who may review whose look-ups: nobody their own, and those of whoever reviews are for an auditor."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.tables import User
from triage_api.access.models import Person, Role
from triage_api.access.policy import POLICY, Action, may


def may_review(person: Person, other: str, roles: Iterable[str]) -> bool:
    """Tell whether a person may review the look-ups of an account, by its id and its roles.

    Never one's own. Somebody who reviews, such as a supervisor who searched, is reviewed by an auditor: in a small
    house by the one of a partner organisation.
    """
    if person.id == other or not may(person, Action.REVIEW_WORK):
        return False
    return Role.AUDITOR in person.roles or all(Action.REVIEW_WORK not in POLICY[Role(role)] for role in roles)


def reviewed_by(session: Session, person: Person) -> Collection[str]:
    """Return the ids of the accounts, ended ones too, whose look-ups a person may review."""
    accounts = session.execute(select(User.id, User.roles)).all()
    return frozenset(identity for identity, roles in accounts if may_review(person, identity, roles))
