"""Accounts: making, listing and ending them; finding the person of a name."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound, NotLoggedIn
from store.locks import hold
from store.store import Store
from store.tables import SessionRow, User
from triage_api.access.models import MIN_PASSWORD, AccountIn, Name, Person, Role
from triage_api.access.passwords import generate_password, hash_password
from triage_api.access.policy import APART, Action, require
from triage_api.access.pseudonyms import new_pseudonym

_NAME = TypeAdapter[str](Name)
_ACCOUNTS = "accounts"
"""Held while accounts are made or ended: names differ by more than case, and no two administrators end each other."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account that was just made; `password` is known here only, the database keeps its hash."""

    user: User
    password: str


def create_user(
    store: Store,
    *,
    name: str,
    roles: Iterable[str],
    organisation: str = "",
    language: Literal["fr", "en", ""] = "",
    password: str | None = None,
) -> NewUser:
    """Make an account with a generated password (or the given one) and a pseudonym; `Conflict` if the name is taken."""
    name, chosen = _checked_name(name), _checked_roles(roles)
    if password is not None and len(password) < MIN_PASSWORD:
        raise BadInput(f"A password has at least {MIN_PASSWORD} characters.", field="password")
    password = password or generate_password()
    user = User(
        id=f"u-{secrets.token_hex(8)}",
        name=name,
        organisation=organisation.strip(),
        roles=[role.value for role in chosen],
        password=hash_password(password),
        language=language,
        active=True,
        created_at=store.clock(),
    )
    with store.database.writing() as session:
        hold(session, [_ACCOUNTS])
        taken = {known.casefold() for known in session.scalars(select(User.name))}
        if name.casefold() in taken:
            raise Conflict(f"There is already an account named {name}.", code="name_taken", field="name")
        user.pseudonym = new_pseudonym(set(session.scalars(select(User.pseudonym))))
        session.add(user)
    return NewUser(user, password)


def create_account(store: Store, person: Person, given: AccountIn) -> NewUser:
    """Make an account for an administrator."""
    require(person, Action.ACCOUNT_MANAGE)
    roles = [role.value for role in given.roles]
    return create_user(store, name=given.name, roles=roles, organisation=given.organisation, language=given.language)


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
    with store.database.writing() as session:
        hold(session, [_ACCOUNTS])
        user = session.scalar(select(User).where(User.name == name))
        if user is None:
            raise NotFound(f"There is no account named {name}.")
        _end(session, user)


def disable_account(store: Store, person: Person, identity: str) -> None:
    """End an account for an administrator, who cannot end their own."""
    require(person, Action.ACCOUNT_MANAGE)
    if identity == person.id:
        raise Conflict("Nobody ends their own account.", code="own_account")
    with store.database.writing() as session:
        hold(session, [_ACCOUNTS])
        if not session.get_one(User, person.id).active:  # ended by another administrator a moment ago
            raise NotLoggedIn("Log in first.")
        user = session.get(User, identity)
        if user is None:
            raise NotFound("No such account.")
        _end(session, user)


def person_named(store: Store, name: str) -> Person:
    """Return the person of an active account, for the command line; what they then do is checked like anywhere."""
    with store.database.reading() as session:
        user = session.scalar(select(User).where(User.name == name, User.active))
    if user is None:
        raise NotFound(f"There is no active account named {name}: see `vigie users list`.")
    return person_of(user, via="command line")


def person_of(user: User, *, csrf: str = "", via: Literal["web", "command line"] = "web") -> Person:
    """Return who an account is to the desks."""
    roles = frozenset(Role(role) for role in user.roles)
    return Person(user.id, user.name, user.pseudonym, user.organisation, roles, user.language, csrf, via)


def renew_password(store: Store, name: str) -> str | None:
    """Give an account a new generated password and end its sessions; None if there is no such active account."""
    password = generate_password()
    hashed = hash_password(password)
    with store.database.writing() as session:
        user = session.scalar(select(User).where(User.name == name, User.active).with_for_update())
        if user is None:
            return None
        user.password = hashed
        session.execute(delete(SessionRow).where(SessionRow.user_id == user.id))
    return password


def _end(session: Session, user: User) -> None:
    user.active = False
    session.execute(delete(SessionRow).where(SessionRow.user_id == user.id))


def _checked_name(name: str) -> str:
    try:
        return _NAME.validate_python(name)
    except ValidationError:
        hint = "2 to 60 letters, digits, dots, at signs, hyphens or underscores"
        raise BadInput(f"A name has {hint}.", field="name") from None


def _checked_roles(roles: Iterable[str]) -> list[Role]:
    try:
        chosen = sorted({Role(role) for role in roles})
    except ValueError:
        raise BadInput(f"The roles are {', '.join(Role)}.", field="roles") from None
    if not chosen:
        raise BadInput("An account has at least one role.", field="roles")
    for role in chosen:
        if apart := APART.get(role, frozenset()).intersection(chosen):
            raise BadInput(
                f"One account is not both {role} and {', '.join(sorted(apart))}.", code="roles_apart", field="roles"
            )
    return chosen
