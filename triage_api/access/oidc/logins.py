"""Log-ins that were sent to the provider and have not come back: each comes back once, soon, to the same browser."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import OidcLogin
from triage_api.access.oidc.provider import Refused

LASTING = timedelta(minutes=10)
MOST = 5000
"""Log-ins that may wait at a time; the oldest make room, so that a flood of them fills no disk."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is kept of a log-in that is on its way."""

    nonce: str
    verifier: str
    wanted: str
    """Page to go to after."""
    browser: str
    """SHA-256 of the secret that the browser holds in a cookie."""


def send(store: Store, wanted: str) -> tuple[str, str, Waiting]:
    """Keep a new log-in; return its state, the browser's secret and what is kept."""
    state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
    waiting = Waiting(nonce, verifier, wanted, _digest(browser))
    key = _digest(state)
    with store.database.writing() as session:
        _sweep(session, store)
        sealed = store.keys.sealed(json.dumps(asdict(waiting)), f"oidc:{key}")
        session.add(OidcLogin(state_sha256=key, sealed=sealed, created_at=store.clock()))
    return state, browser, waiting


def take(store: Store, state: str, browser: str) -> Waiting:
    """Return a log-in that comes back, and forget it; `Refused` if it is unknown, too old or another browser's."""
    key = _digest(state)
    taken = delete(OidcLogin).where(OidcLogin.state_sha256 == key).returning(OidcLogin.sealed, OidcLogin.created_at)
    with store.database.writing() as session:
        found = session.execute(taken).first()
    if found is None or found.created_at <= store.clock() - LASTING:
        raise Refused("This log-in is too old or was used already.")
    waiting = Waiting(**json.loads(store.keys.opened(found.sealed, f"oidc:{key}")))
    if not hmac.compare_digest(waiting.browser, _digest(browser)):
        raise Refused("This log-in was begun in another browser.")
    return waiting


def _sweep(session: Session, store: Store) -> None:
    session.execute(delete(OidcLogin).where(OidcLogin.created_at <= store.clock() - LASTING))
    newest = select(OidcLogin.created_at).order_by(OidcLogin.created_at.desc())
    full = session.scalar(newest.offset(MOST - 1).limit(1))
    if full is not None:
        session.execute(delete(OidcLogin).where(OidcLogin.created_at <= full))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
