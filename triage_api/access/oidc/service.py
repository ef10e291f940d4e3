"""Sending a browser to the identity provider, and opening a session for the account of whoever comes back."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from sqlalchemy import select

from store.errors import NotFound, NotLoggedIn, VigieError
from store.settings import Settings
from store.store import Store
from store.tables import User
from triage_api.access.oidc.client import client_of
from triage_api.access.oidc.logins import send, take
from triage_api.access.oidc.provider import Provider, Refused, provider_of
from triage_api.access.oidc.tokens import proved
from triage_api.access.people import owed
from triage_api.access.service import opened_for, second_step
from triage_api.access.sessions import Opened


class Unlinked(VigieError):
    """The provider knows this person and no account that may log in is linked to them."""

    status, code = 403, "oidc_unlinked"

    def __init__(self, subject: str) -> None:
        super().__init__("No account of this house is linked to this log-in.")
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Sent:
    """Where to send a browser, and the secret it keeps until it comes back."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Back:
    """What a browser came back with; an empty text for what it did not bring."""

    state: str
    code: str
    issuer: str
    browser: str


@dataclass(frozen=True, slots=True)
class Came:
    """Who came back: a session, or the step of the log-in page that asks for the second factor's code."""

    wanted: str
    """Page to go to."""
    opened: Opened | None = None
    step: str = ""


def provider_in(settings: Settings) -> Provider:
    """Return the identity provider of the house; `NotFound` if it has none."""
    client = client_of(settings)
    if client is None:
        raise NotFound("This house has no identity provider.")
    return provider_of(client)


def leave(store: Store, wanted: str) -> Sent:
    """Begin a log-in; `ProviderAway` if the provider does not answer."""
    provider = provider_in(store.settings)
    provider.document()  # asked before anything is kept
    state, browser, waiting = send(store, wanted)
    return Sent(provider.address(state=state, nonce=waiting.nonce, verifier=waiting.verifier), browser)


def come_back(store: Store, back: Back) -> Came:
    """Open a session for the linked account, or ask for the code of its second factor if the provider asked for none.

    `Refused` for a log-in that did not come about, `Unlinked` without an account, `ProviderAway`.
    """
    provider = provider_in(store.settings)
    waiting = take(store, back.state, back.browser)
    _check_issuer(provider, back.issuer)
    if not back.code:
        raise Refused("The identity provider did not confirm this log-in.")
    person = proved(provider, provider.redeem(back.code, waiting.verifier), waiting.nonce, store.clock())
    linked = select(User).where(User.oidc_subject == subject_of(provider.client.issuer, person.subject), User.active)
    with store.database.reading() as session:
        user = session.scalar(linked)
    if user is None:
        raise Unlinked(person.subject)
    try:
        if user.totp is not None and not person.second_factor:
            return Came(waiting.wanted, step=second_step(store, user.name))
        pending = "" if person.second_factor else owed(store, user)
        return Came(waiting.wanted, opened_for(store, user, pending=pending))
    except NotLoggedIn:  # ended meanwhile
        raise Unlinked(person.subject) from None


def subject_of(issuer: str, subject: str) -> str:
    """Return who an account is at a provider, as it is kept with the account."""
    return f"{issuer}#{subject}"


def _check_issuer(provider: Provider, named: str) -> None:
    """Refuse an answer that another provider gave (RFC 9207)."""
    needed = provider.document().authorization_response_iss_parameter_supported
    if (named or needed) and not hmac.compare_digest(named.encode(), provider.client.issuer.encode()):
        raise Refused("Another provider answered.")
