"""Accounts: making, changing, listing and ending them. Each change is an entry, under pseudonyms, never names."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.clock import latest_day
from store.errors import BadInput, Conflict, NotFound, NotLoggedIn
from store.locks import hold
from store.register import Event, append
from store.store import Store
from store.tables import ApiToken, SessionRow, User
from triage_api.access.house import profile_of, refusal
from triage_api.access.models import MIN_PASSWORD, AccountChange, AccountIn, Person
from triage_api.access.passwords import generate_password, hash_password
from triage_api.access.people import person_named
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import new_pseudonym
from triage_api.shell.recording import enter, recording

__all__ = [
    "NewUser",
    "add_user",
    "change_account",
    "change_user",
    "create_account",
    "create_user",
    "disable_account",
    "disable_user",
    "enter_change",
    "list_accounts",
    "list_users",
    "person_named",
    "renew_password",
]

HOUSE = "house"
"""Actor of what is done on the machine itself, where nobody has logged in."""
_ACCOUNTS = "accounts"
"""Held while accounts are made or ended: names differ by more than case, and no two administrators end each other."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account that was just made; `password` is known here only, the database keeps its hash."""

    user: User
    password: str


def create_user(store: Store, given: AccountIn, *, password: str | None = None, by: Person | None = None) -> NewUser:
    """Make an account with a generated password (or the given one) and a pseudonym; `Conflict` if the name is taken.

    `BadInput` if the profile of the house does not take its roles. `by` is None on the machine itself.
    """
    if password is not None and len(password) < MIN_PASSWORD:
        raise BadInput(f"A password has at least {MIN_PASSWORD} characters.", field="password")
    password = password or generate_password()
    hashed = hash_password(password)
    with recording(store) as session:
        user = add_user(session, store, given, hashed)
        _enter(session, store, Event.ACCOUNT_MADE, user, {"roles": user.roles}, by)
    return NewUser(user, password)


def add_user(session: Session, store: Store, given: AccountIn, hashed: str) -> User:
    """Add an account with the hash of its password, in a transaction whose caller enters it; see `create_user`."""
    _check_house(store, given)
    _check_training(store, given.trained_on)
    hold(session, [_ACCOUNTS])
    taken = {known.casefold() for known in session.scalars(select(User.name))}
    if given.name.casefold() in taken:
        raise Conflict(f"There is already an account named {given.name}.", code="name_taken", field="name")
    user = _row(store, given, hashed)
    user.pseudonym = new_pseudonym(set(session.scalars(select(User.pseudonym))))
    session.add(user)
    return user


def create_account(store: Store, person: Person, given: AccountIn) -> NewUser:
    """Make an account for an administrator."""
    require(person, Action.ACCOUNT_MANAGE)
    return create_user(store, given, by=person)


def change_user(store: Store, name: str, change: AccountChange) -> None:
    """Change what is given of an account, from the machine itself."""
    with recording(store) as session:
        user = session.scalar(select(User).where(User.name == name).with_for_update())
        if user is None:
            raise NotFound(f"There is no account named {name}.")
        _change(session, store, user, change, None)


def change_account(store: Store, person: Person, identity: str, change: AccountChange) -> User:
    """Change what is given of an account, for an administrator."""
    require(person, Action.ACCOUNT_MANAGE)
    with recording(store) as session:
        user = session.get(User, identity, with_for_update=True)
        if user is None:
            raise NotFound("No such account.")
        _change(session, store, user, change, person)
    return user


def list_users(store: Store) -> list[User]:
    """Return every account by name."""
    with store.database.reading() as session:
        return list(session.scalars(select(User).order_by(User.name)))


def list_accounts(store: Store, person: Person) -> list[User]:
    """Return every account, for an administrator."""
    require(person, Action.ACCOUNT_MANAGE)
    return list_users(store)


def disable_user(store: Store, name: str) -> None:
    """End an account and its sessions at once; its pseudonym stays in the register."""
    with recording(store) as session:
        hold(session, [_ACCOUNTS])
        user = session.scalar(select(User).where(User.name == name).with_for_update())
        if user is None:
            raise NotFound(f"There is no account named {name}.")
        _end(session, store, user, None)


def disable_account(store: Store, person: Person, identity: str) -> None:
    """End an account for an administrator, who cannot end their own."""
    require(person, Action.ACCOUNT_MANAGE)
    if identity == person.id:
        raise Conflict("Nobody ends their own account.", code="own_account")
    with recording(store) as session:
        hold(session, [_ACCOUNTS])
        if not session.get_one(User, person.id).active:  # ended by another administrator a moment ago
            raise NotLoggedIn("Log in first.")
        user = session.get(User, identity, with_for_update=True)
        if user is None:
            raise NotFound("No such account.")
        _end(session, store, user, person)


def renew_password(store: Store, name: str) -> str | None:
    """Give an account a new generated password; None if there is no such active account.

    Its sessions and tokens end: whoever knew the old one may have made some.
    """
    password = generate_password()
    hashed = hash_password(password)
    with recording(store) as session:
        user = session.scalar(select(User).where(User.name == name, User.active).with_for_update())
        if user is None:
            return None
        user.password = hashed
        end_sessions(session, user, tokens=True)
        enter_change(session, store, user, ["password"], None)
    return password


def end_sessions(session: Session, user: User, *, tokens: bool = False) -> None:
    """End every session of an account, and every token: where somebody else may have come in and made some."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user.id))
    if tokens:
        session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))


def enter_change(session: Session, store: Store, user: User, changed: list[str], by: Person | None) -> None:
    """Enter which fields of an account are now different, never what they say; `by` None: the house's own machine."""
    _enter(session, store, Event.ACCOUNT_CHANGED, user, {"changed": changed}, by)


def _row(store: Store, given: AccountIn, hashed: str) -> User:
    return User(
        id=f"u-{secrets.token_hex(8)}",
        name=given.name,
        organisation=given.organisation,
        roles=sorted({role.value for role in given.roles}),
        password=hashed,
        language=given.language,
        active=True,
        full_name=given.full_name,
        trained_on=given.trained_on,
        shift=given.shift,
        created_at=store.clock(),
    )


def _change(session: Session, store: Store, user: User, change: AccountChange, by: Person | None) -> None:
    _check_training(store, change.trained_on)
    wanted = {name: value for name, value in change.model_dump().items() if value is not None}
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, wanted[name])
    if changed:
        enter_change(session, store, user, changed, by)


def _end(session: Session, store: Store, user: User, by: Person | None) -> None:
    user.active = False
    end_sessions(session, user, tokens=True)
    enter_change(session, store, user, ["active"], by)


def _enter(
    session: Session, store: Store, event: Event, user: User, said: Mapping[str, Any], by: Person | None
) -> None:
    public = {"account": user.pseudonym, **said}
    if by is not None:
        enter(session, store, by, event, public)
        return
    append(session, event=event, actor=HOUSE, at=store.clock(), public={**public, "via": "command line"})


_HINTS = {
    "roles_apart": "One account does not hold these roles together: {roles}.",
    "house_roles": "The profile of the house does not join these roles: {roles}.",
    "house_organisation": "People of another organisation than the house's own hold this: {elsewhere}.",
}


def _check_training(store: Store, day: date | None) -> None:
    # "Today" is said in the time of whoever says it: a server that keeps UTC is a day ahead of Québec in the evening.
    if day is not None and day > latest_day(store.clock()):
        raise BadInput("A training to come is none yet.", code="in_future", field="trained_on")


def _check_house(store: Store, given: AccountIn) -> None:
    code = refusal(store.settings, given.roles, given.organisation)
    if code:
        elsewhere = sorted(profile_of(store.settings).elsewhere)
        hint = _HINTS[code].format(roles=", ".join(sorted(given.roles)), elsewhere=", ".join(elsewhere))
        raise BadInput(hint, code=code, field="organisation" if code == "house_organisation" else "roles")
