"""Asking the identity provider: its document, its keys, and an ID token for a code. It is never asked anything else."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from store.errors import NotLoggedIn
from triage_api.access.oidc.client import Client, ProviderAway

Told = TypeVar("Told")
log = logging.getLogger(__name__)

MAX_BYTES = 256_000
"""Larger answers are dropped unread."""
MAX_SECONDS = 10.0
_KEPT_SECONDS = 3600.0
"""The document and the keys are asked for again after this; the keys also when a token names an unknown one."""

_PUBLIC = ("RSA", "EC", "OKP")
"""Kinds of keys that are published; a shared secret among them would be no secret."""
_AWAY_SECONDS = 5.0


class Refused(NotLoggedIn):
    """The log-in did not come about: stopped, too old, used already, or not proved by a valid token."""

    code = "oidc_refused"


class Document(BaseModel):
    """What is used of the provider's own document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """One identity provider; its document and keys are kept for an hour."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._trust = ssl.create_default_context(cafile=client.ca_file)
        self._document: _Kept[Document] = _Kept(self._read_document)
        self._keys: _Kept[KeySet] = _Kept(self._read_keys)

    def document(self) -> Document:
        """Return the provider's document; `ProviderAway` if it cannot be had or is another's."""
        return self._document.get()

    def keys(self, *, fresh: bool = False) -> KeySet:
        """Return the keys that it signs with, asked for anew if `fresh`."""
        return self._keys.get(fresh=fresh)

    def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return the address that the browser is sent to."""
        endpoint = self.client.shown(self.document().authorization_endpoint)
        asked = {
            "response_type": "code",
            "client_id": self.client.identity,
            "redirect_uri": self.client.back,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def redeem(self, code: str, verifier: str) -> str:
        """Return the ID token for a code; `Refused` if the provider does not take it, `ProviderAway` if it is away."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.back,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        secret = self.client.secret
        if secret is None:
            sent["client_id"] = self.client.identity
        elif "client_secret_basic" in self.document().token_endpoint_auth_methods_supported:
            pair = f"{quote(self.client.identity, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            sent |= {"client_id": self.client.identity, "client_secret": secret}
        status, told = self._ask("POST", self.document().token_endpoint, sent, headers)
        token = told.get("id_token")
        if status != 200 or not isinstance(token, str):
            # What the provider says may hold what a stranger sent: its short code is all that is logged.
            log.warning("The identity provider took no code: status %d, %.40r.", status, told.get("error"))
            raise Refused("The identity provider did not confirm this log-in.")
        return token

    def _read_document(self) -> Document:
        status, told = self._ask("GET", self.client.discovery)
        try:
            document = Document.model_validate(told)
        except ValidationError:
            raise ProviderAway("The identity provider's document cannot be used.") from None
        if status != 200 or document.issuer != self.client.issuer:
            raise ProviderAway("The document is not the one of the issuer in VIGIE_OIDC_ISSUER.")
        return document

    def _read_keys(self) -> KeySet:
        status, told = self._ask("GET", self.document().jwks_uri)
        keys = told.get("keys")
        if status != 200 or not isinstance(keys, list):
            raise ProviderAway("The identity provider's keys cannot be read.")
        try:
            return KeySet.import_key_set({"keys": [key for key in keys if key.get("kty") in _PUBLIC]})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise ProviderAway("The identity provider's keys cannot be read.") from None

    def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return status and JSON object of an answer, which is neither a redirect nor large nor slow."""
        url = self.client.asked(url)
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        try:
            with self._http() as http, http.stream(method, url, data=form, headers=sent) as answer:
                body = _read(answer)
        except httpx2.HTTPError as error:
            raise ProviderAway(f"The identity provider does not answer ({type(error).__name__}).") from None
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if answer.status_code >= 500 or not isinstance(told, dict):
            raise ProviderAway(f"The identity provider does not answer as one (status {answer.status_code}).")
        return answer.status_code, told

    def _http(self) -> httpx2.Client:
        """Return a client that takes nothing from the environment: no proxy and no .netrc has a part in a log-in."""
        return httpx2.Client(verify=self._trust, trust_env=False, follow_redirects=False, timeout=5.0)


def _read(answer: httpx2.Response) -> bytes:
    body, end = b"", time.monotonic() + MAX_SECONDS
    for part in answer.iter_raw():
        body += part
        if len(body) > MAX_BYTES or time.monotonic() > end:
            raise ProviderAway("The identity provider's answer is too large or too slow.")
    return body


class _Kept(Generic[Told]):
    """Something that was asked for, kept for an hour; one thread asks at a time.

    While the provider is away the others are told so at once: they do not wait for it one after the other.
    """

    def __init__(self, ask: Callable[[], Told]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._told: tuple[Told, float] | None = None
        self._away = 0.0

    def get(self, *, fresh: bool = False) -> Told:
        with self._lock:
            now = time.monotonic()
            if self._told is not None and not fresh and now < self._told[1]:
                return self._told[0]
            if now < self._away:
                raise ProviderAway("The identity provider did not answer a moment ago.")
            try:
                told = self._ask()
            except ProviderAway:
                self._away = time.monotonic() + _AWAY_SECONDS
                raise
            self._told = told, time.monotonic() + _KEPT_SECONDS
            return told


@cache
def provider_of(client: Client) -> Provider:
    """Return the provider of these settings, the same one each time."""
    return Provider(client)
