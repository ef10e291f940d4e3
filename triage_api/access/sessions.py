"""Sessions: opened, found and ended. A session is a random token; the database keeps its SHA-256 only."""

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
from triage_api.access.models import Person
from triage_api.access.people import person_of, refused

LONGEST = timedelta(hours=12)
"""A session ends after this even when it is used without a pause."""
_RENEW_AFTER = timedelta(minutes=1)
"""A session's end is moved at most this often: reading pages should not mean writing the database."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened; the token is known to its holder only."""

    token: str
    person: Person


def open_session(session: Session, store: Store, user: User, *, pending: str = "") -> Opened:
    """Open a session in the caller's transaction, which holds the account's row.

    `NotAllowed` if the profile of the house does not take the account. `pending` is what must be done before anything
    else, see `SessionRow`.
    """
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    person = person_of(store, session, user, csrf=csrf, pending=pending)
    if person.refused:
        raise refused(person)
    now = store.clock()
    row = SessionRow(token_sha256=digest(token), user_id=user.id, csrf=csrf, pending=pending, created_at=now)
    row.expires_at = _end_of(store, now)
    session.add(row)
    return Opened(token, person)


def log_out(store: Store, token: str) -> None:
    """End a session; one that has ended already is no error."""
    with store.database.writing() as session:
        session.execute(delete(SessionRow).where(SessionRow.token_sha256 == digest(token)))


def who_is(store: Store, token: str, *, renews: bool = True) -> Person:
    """Return the person of a session and move its end, unless nobody did anything; `NotLoggedIn` if there is none."""
    now = store.clock()
    with store.database.reading() as session:
        found = session.execute(
            select(SessionRow, User)
            .join(User, User.id == SessionRow.user_id)
            .where(SessionRow.token_sha256 == digest(token), SessionRow.expires_at > now, User.active)
        ).first()
        if found is None:
            raise NotLoggedIn("Log in first.")
        row, user = found
        person = person_of(store, session, user, csrf=row.csrf, pending=row.pending)
    end = _end_of(store, row.created_at)
    if renews and end - row.expires_at > _RENEW_AFTER:
        with store.database.writing() as session:
            _renew(session, row.token_sha256, end)
    return person


def digest(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _renew(session: Session, kept: str, end: datetime) -> None:
    session.execute(update(SessionRow).where(SessionRow.token_sha256 == kept).values(expires_at=end))


def _end_of(store: Store, opened: datetime) -> datetime:
    return min(store.clock() + timedelta(minutes=store.settings.session_minutes), opened + LONGEST)
