"""Slowing down whoever guesses passwords: attempts are counted by keyed hash of the name and of the address."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.errors import TooManyAttempts
from store.locks import hold
from store.store import Store
from store.tables import LoginFailure

WINDOW = timedelta(minutes=15)
PER_NAME = 10
PER_ADDRESS = 30
"""An office may share one address; a guesser meets the limit of each name first."""


Counted = tuple[int, int]
"""An attempt under its name and under its address."""


def count_attempt(store: Store, name: str, address: str) -> Counted:
    """Count an attempt before it is looked at, so that many at once do not slip through; `TooManyAttempts` if too many.

    Returns what `forgive` or `take_back` needs when it was no failure.
    """
    who = _by_name(store, name), _by_address(store, address)
    with store.database.writing() as session:
        hold(session, (f"attempts:{key}" for key in who))
        now = store.clock()
        full = any(_recent(session, store, key) >= most for key, most in zip(who, (PER_NAME, PER_ADDRESS), strict=True))
        counted = [LoginFailure(who=key, at=now) for key in who]
        if not full:
            session.add_all(counted)
    if full:
        minutes = int(WINDOW.total_seconds()) // 60
        raise TooManyAttempts(f"Too many attempts: wait {minutes} minutes, then try again.")
    return counted[0].id, counted[1].id


def forgive(session: Session, store: Store, name: str, counted: Counted) -> None:
    """Forget the failures of a name that has now logged in, and this attempt of its address."""
    mine = (LoginFailure.who == _by_name(store, name)) | LoginFailure.id.in_(counted)
    session.execute(delete(LoginFailure).where(mine))


def take_back(session: Session, counted: Counted) -> None:
    """Forget this attempt alone: the password was right, the code is still to come. Failures before it stay."""
    session.execute(delete(LoginFailure).where(LoginFailure.id.in_(counted)))


def _recent(session: Session, store: Store, who: str) -> int:
    since = store.clock() - WINDOW
    query = select(func.count()).select_from(LoginFailure).where(LoginFailure.who == who, LoginFailure.at > since)
    return session.scalar(query) or 0


def _by_name(store: Store, name: str) -> str:
    return store.keys.blind("login-name", name.strip().casefold())


def _by_address(store: Store, address: str) -> str:
    return store.keys.blind("login-address", address)
