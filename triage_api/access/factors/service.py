"""Enrolling, confirming and giving up the second factor."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound, NotLoggedIn
from store.store import Store
from store.tables import User
from triage_api.access.accounts import end_sessions, enter_change
from triage_api.access.attempts import count_attempt, forgive
from triage_api.access.factors.codes import context, hashed, new_recovery_codes, step_of, take_code
from triage_api.access.factors.models import ConfirmIn, Offer, RemoveIn
from triage_api.access.models import Person
from triage_api.access.passwords import is_password
from triage_api.access.people import owed
from triage_api.access.policy import Action, require
from triage_api.access.sessions import Opened, open_session
from triage_api.access.tickets import Ticket, opened_ticket, sealed_ticket
from triage_api.shell.recording import recording

ISSUER = "Vigie"
_OFFER = "totp"
_OFFER_LASTS = timedelta(minutes=15)


class _Offered(Ticket):
    user: str
    secret: str


def is_enrolled(store: Store, person: Person) -> bool:
    """Tell whether the person has a second factor."""
    with store.database.reading() as session:
        return session.scalar(select(User.totp).where(User.id == person.id)) is not None


def offer(store: Store, person: Person) -> Offer:
    """Make a secret to enrol; nothing is kept until its first code comes back with the ticket."""
    require(person, Action.SESSION_OWN)
    secret = pyotp.random_base32()
    ticket = _Offered(user=person.id, secret=secret, at=store.clock())
    return _offered(person, secret, sealed_ticket(store, ticket, _OFFER))


def offered_again(store: Store, person: Person, ticket: str) -> Offer:
    """Return an offer from its ticket, to be shown again; a new one if the ticket is spoilt or too old."""
    try:
        return _offered(person, _secret_of(store, person, ticket), ticket)
    except BadInput:
        return offer(store, person)


def confirm(store: Store, person: Person, given: ConfirmIn) -> tuple[Opened, list[str]]:
    """Enrol the offered secret; return a new session, the only one left, and the recovery codes, told here only.

    `BadInput` if the code is not its code, `Conflict` if a second factor is enrolled already.
    """
    require(person, Action.SESSION_OWN)
    secret = _secret_of(store, person, given.ticket)
    step = step_of(store, secret, given.code, None)
    if step is None:
        raise BadInput("This is not the code of this secret at this moment.", code="wrong_code", field="code")
    codes = new_recovery_codes()
    with recording(store) as session:
        user = _held(session, person)
        if user.totp is not None:
            raise Conflict("A second factor is enrolled already.", code="totp_enrolled")
        user.totp, user.totp_used = store.keys.sealed(secret, context(user.id)), step
        user.recovery = [hashed(code) for code in codes]
        opened = _only_session(session, store, user)
        enter_change(session, store, user, ["totp"], person)
    return opened, codes


def remove(store: Store, person: Person, given: RemoveIn, address: str) -> Opened:
    """Give up the second factor, with password and code; return a new session, the only one left."""
    require(person, Action.SESSION_OWN)
    counted = count_attempt(store, person.name, address)
    wrong = BadInput("Wrong password or code.", code="wrong_code", field="code")
    with store.database.reading() as session:
        kept = session.get_one(User, person.id).password
    right = is_password(kept, given.password)
    with recording(store) as session:
        user = _held(session, person)
        if not right or user.password != kept or not take_code(store, user, given.code):
            raise wrong
        forgive(session, store, person.name, counted)
        clear(user)
        opened = _only_session(session, store, user)
        enter_change(session, store, user, ["totp"], person)
    return opened


def reset_user(store: Store, name: str) -> None:
    """Take the second factor from an account whose person has lost it, and end its sessions and tokens."""
    with recording(store) as session:
        user = session.scalar(select(User).where(User.name == name, User.active).with_for_update())
        if user is None:
            raise NotFound(f"There is no active account named {name}: see `vigie users list`.")
        clear(user)
        end_sessions(session, user, tokens=True)
        enter_change(session, store, user, ["totp"], None)


def clear(user: User) -> None:
    """Forget secret and recovery codes; the last code that was taken stays taken."""
    user.totp, user.recovery = None, []


def qr_code(uri: str) -> str:
    """Return an inline SVG of an address, without style or script of its own."""
    drawn: str = segno.make(uri, error="m", micro=False).svg_inline(omitsize=True, svgclass="qr", light="#fff")
    return drawn


def _only_session(session: Session, store: Store, user: User) -> Opened:
    end_sessions(session, user)
    return open_session(session, store, user, pending=owed(store, user))


def _held(session: Session, person: Person) -> User:
    user = session.scalar(select(User).where(User.id == person.id, User.active).with_for_update())
    if user is None:
        raise NotLoggedIn("Log in first.")
    return user


def _offered(person: Person, secret: str, ticket: str) -> Offer:
    return Offer(secret, pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name=ISSUER), ticket)


def _secret_of(store: Store, person: Person, ticket: str) -> str:
    kept = opened_ticket(store, ticket, _Offered, _OFFER, _OFFER_LASTS)
    if kept is None or kept.user != person.id:
        raise BadInput("This page is too old: begin again.", code="offer_old", field="ticket")
    return kept.secret
