"""Logging in: name and password, then the code of the second factor where one is enrolled."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import NotLoggedIn
from store.store import Store
from store.tables import User
from triage_api.access.attempts import Counted, count_attempt, forgive, take_back
from triage_api.access.factors.codes import take_code
from triage_api.access.passwords import hash_password, is_outdated, is_password
from triage_api.access.people import owed
from triage_api.access.sessions import Opened, open_session
from triage_api.access.tickets import Ticket, opened_ticket, sealed_ticket

TOTP_NEEDED = "totp_needed"
_STEP = "login"
_STEP_LASTS = timedelta(minutes=5)


class _Step(Ticket):
    name: str
    password: str
    """Hash that was kept when the password was right: a renewed password ends the step."""


def log_in(store: Store, name: str, password: str, address: str, totp: str = "") -> Opened:
    """Open a session; `NotLoggedIn` says the same, in the same time, for a wrong name, password or code.

    Its code is ``totp_needed`` if all was right so far and the second factor's code was not given.
    """
    counted = count_attempt(store, name, address)
    user = _active(store, name)
    if not is_password(user.password if user else None, password) or user is None:
        raise _wrong()
    renewed = hash_password(password) if is_outdated(user.password) else None
    return _finish(store, user, totp, counted, renewed)


def second_step(store: Store, name: str) -> str:
    """Return a ticket for the page that asks for the code: it stands for the password that was right just now."""
    user = _active(store, name)
    if user is None:
        raise _wrong()
    step = _Step(name=user.name, password=user.password, at=store.clock())
    return sealed_ticket(store, step, _STEP)


def log_in_with_code(store: Store, ticket: str, totp: str, address: str) -> Opened:
    """Open a session from the ticket of `second_step` and a code."""
    step = opened_ticket(store, ticket, _Step, _STEP, _STEP_LASTS)
    if step is None:
        raise _wrong()
    counted = count_attempt(store, step.name, address)
    user = _active(store, step.name)
    if user is None or user.password != step.password:
        raise _wrong()
    return _finish(store, user, totp, counted, None)


def opened_for(store: Store, user: User, *, pending: str = "") -> Opened:
    """Open a session for an account that proved itself elsewhere; `NotLoggedIn` if it has ended meanwhile.

    `NotAllowed` if the profile of the house does not take the account. `pending` is what must be done before anything
    else, see `SessionRow`.
    """
    with store.database.writing() as session:
        held = session.scalar(select(User).where(User.id == user.id, User.active).with_for_update())
        if held is None:
            raise NotLoggedIn("Log in first.")
        return open_session(session, store, held, pending=pending)


def _finish(store: Store, user: User, totp: str, counted: Counted, renewed: str | None) -> Opened:
    """Open the session of an account whose password was right, unless it ended or changed meanwhile."""
    with store.database.writing() as session:
        same = select(User).where(User.id == user.id, User.active, User.password == user.password)
        held = session.scalar(same.with_for_update())
        if held is None:
            raise _wrong()
        opened = _opened(session, store, held, totp, counted)
        if opened is not None and renewed is not None:
            held.password = renewed
    if opened is None:
        raise NotLoggedIn("The code of the second factor is needed.", code=TOTP_NEEDED)
    return opened


def _opened(session: Session, store: Store, held: User, totp: str, counted: Counted) -> Opened | None:
    """Return the session; None, and the attempt uncounted, if only the code is missing."""
    if held.totp is not None and not totp:
        take_back(session, counted)
        return None
    if held.totp is not None and not take_code(store, held, totp):
        raise _wrong()
    forgive(session, store, held.name, counted)
    return open_session(session, store, held, pending=owed(store, held))


def _active(store: Store, name: str) -> User | None:
    with store.database.reading() as session:
        return session.scalar(select(User).where(User.name == name.strip(), User.active))


def _wrong() -> NotLoggedIn:
    return NotLoggedIn("Wrong name or password.", code="wrong_login")
