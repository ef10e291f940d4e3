"""Logging in and out. A session is a random token; the database keeps its SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.errors import NotLoggedIn
from store.store import Store
from store.tables import SessionRow, User
from triage_api.access.accounts import create_user, disable_user, list_users, person_named, person_of
from triage_api.access.attempts import count_attempt, forgive
from triage_api.access.models import Person
from triage_api.access.passwords import hash_password, is_outdated, is_password

__all__ = ["Opened", "create_user", "disable_user", "list_users", "log_in", "log_out", "person_named", "who_is"]

LONGEST = timedelta(hours=12)
"""A session ends after this even when it is used without a pause."""
_RENEW_AFTER = timedelta(minutes=1)
"""A session's end is moved at most this often: reading pages should not mean writing the database."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened; the token is known to its holder only."""

    token: str
    person: Person


def log_in(store: Store, name: str, password: str, address: str) -> Opened:
    """Open a session; `NotLoggedIn` says the same, in the same time, for a wrong name and a wrong password."""
    counted = count_attempt(store, name, address)
    with store.database.reading() as session:
        user = session.scalar(select(User).where(User.name == name.strip(), User.active))
    if not is_password(user.password if user else None, password) or user is None:
        raise NotLoggedIn("Wrong name or password.", code="wrong_login")
    renewed = hash_password(password) if is_outdated(user.password) else None
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with store.database.writing() as session:
        same = select(User).where(User.id == user.id, User.active, User.password == user.password)
        held = session.scalar(same.with_for_update())
        if held is None:  # ended or given a new password while this one was checked
            raise NotLoggedIn("Wrong name or password.", code="wrong_login")
        forgive(session, store, name, counted)
        if renewed is not None:
            held.password = renewed
        session.add(_row(store, user, token, csrf))
    return Opened(token, person_of(user, csrf=csrf))


def log_out(store: Store, token: str) -> None:
    """End a session; one that has ended already is no error."""
    with store.database.writing() as session:
        session.execute(delete(SessionRow).where(SessionRow.token_sha256 == _digest(token)))


def who_is(store: Store, token: str) -> Person:
    """Return the person of a session and move its end; `NotLoggedIn` if there is none."""
    now = store.clock()
    with store.database.reading() as session:
        found = session.execute(
            select(SessionRow, User)
            .join(User, User.id == SessionRow.user_id)
            .where(SessionRow.token_sha256 == _digest(token), SessionRow.expires_at > now, User.active)
        ).first()
    if found is None:
        raise NotLoggedIn("Log in first.")
    row, user = found
    end = _end_of(store, row.created_at)
    if end - row.expires_at > _RENEW_AFTER:
        with store.database.writing() as session:
            _renew(session, row.token_sha256, end)
    return person_of(user, csrf=row.csrf)


def _renew(session: Session, digest: str, end: datetime) -> None:
    session.execute(update(SessionRow).where(SessionRow.token_sha256 == digest).values(expires_at=end))


def _row(store: Store, user: User, token: str, csrf: str) -> SessionRow:
    now = store.clock()
    return SessionRow(
        token_sha256=_digest(token), user_id=user.id, csrf=csrf, created_at=now, expires_at=_end_of(store, now)
    )


def _end_of(store: Store, opened: datetime) -> datetime:
    return min(store.clock() + timedelta(minutes=store.settings.session_minutes), opened + LONGEST)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
