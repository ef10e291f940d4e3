"""Linking an account to whoever it is at the identity provider. No account is ever made by a log-in."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from nlp.clean import clean
from store.errors import BadInput, Conflict, NotFound
from store.locks import hold
from store.store import Store
from store.tables import User
from triage_api.access.accounts import end_sessions, enter_change
from triage_api.access.models import Person
from triage_api.access.oidc.service import subject_of
from triage_api.access.oidc.tokens import MAX_SUBJECT
from triage_api.access.policy import Action, require
from triage_api.shell.recording import recording

_FIELD = "oidc_subject"


def _printable(value: str) -> str:
    if not value.isprintable() or clean(value) != value:
        raise ValueError("a subject is one line of text")
    return value


Subject = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_SUBJECT), AfterValidator(_printable)]
"""What the identity provider calls a person (`sub`); empty: nobody."""


def link_account(store: Store, person: Person, identity: str, subject: str) -> None:
    """Link an account for an administrator, or unlink it with an empty subject; entered in the register.

    `Conflict` if another account is linked to that subject.
    """
    require(person, Action.ACCOUNT_MANAGE)
    with recording(store) as session:
        user = _link(session, store, select(User).where(User.id == identity), subject)
        enter_change(session, store, user, [_FIELD], person)


def link_user(store: Store, name: str, subject: str) -> None:
    """Link the account of a name, from the command line; see `link_account`."""
    with recording(store) as session:
        user = _link(session, store, select(User).where(User.name == name), subject)
        enter_change(session, store, user, [_FIELD], None)


def read_linked(store: Store, person: Person, identity: str) -> User:
    """Return an account, for an administrator."""
    require(person, Action.ACCOUNT_MANAGE)
    with store.database.reading() as session:
        user = session.get(User, identity)
    if user is None:
        raise NotFound("No such account.")
    return user


def subject_in(store: Store, user: User) -> str:
    """Return who an account is at the provider of now; empty for nobody there."""
    ours = subject_of(store.settings.oidc_issuer, "")
    linked = user.oidc_subject or ""
    return linked.removeprefix(ours) if linked.startswith(ours) else ""


def _link(session: Session, store: Store, whose: Select[User], subject: str) -> User:
    hold(session, ["accounts"])
    user = session.scalar(whose.with_for_update())
    if user is None:
        raise NotFound("There is no such account: see `vigie users list`.")
    issuer = store.settings.oidc_issuer
    if subject and not issuer:
        raise BadInput("No identity provider is set up: VIGIE_OIDC_ISSUER.", code="oidc_off", field="subject")
    linked = subject_of(issuer, subject) if subject else None
    if linked and session.scalar(select(User.id).where(User.oidc_subject == linked, User.id != user.id)):
        raise Conflict("Another account is linked to this subject.", code="subject_taken", field="subject")
    user.oidc_subject = linked
    end_sessions(session, user, tokens=True)  # who came in by the old link is out
    return user
