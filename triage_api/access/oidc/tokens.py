"""Believing an ID token: signed by the provider with a key and an algorithm that are allowed, for us, now, once."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwa import EdDSAAlgorithm
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from triage_api.access.oidc.client import Client
from triage_api.access.oidc.provider import Provider, Refused

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
LEEWAY = 60
"""Seconds by which the provider's clock and ours may differ."""
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk"})
"""Values of `amr` (RFC 8176) that say that more than a password was asked for."""
MAX_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Proved:
    """Who the provider says has logged in."""

    subject: str
    second_factor: bool


class _EdDSA(EdDSAAlgorithm):
    security_warning = ""  # its name is deprecated, not the algorithm, and providers still write it


class _Registry(JWSRegistry):
    algorithms = JWSRegistry.algorithms | {"EdDSA": _EdDSA()}


def proved(provider: Provider, token: str, nonce: str, now: datetime) -> Proved:
    """Return whom a token proves; `Refused` if it proves nobody to us, for this log-in, now."""
    try:
        claims = _decoded(provider.keys, token)
        _registry(provider.client, now).validate(claims)
        _check(claims, provider.client, nonce)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        # The kind of the error and nothing of the token, which is personal.
        log.warning("An ID token was not believed (%s).", type(error).__name__)
        raise Refused("The identity provider's token cannot be believed.") from None
    methods = claims.get("amr")
    named = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
    return Proved(claims["sub"], bool(named & SECOND_FACTORS))


def _decoded(keys: Callable[..., KeySet], token: str) -> dict[str, Any]:
    """Return the claims of a token that is signed; a key that is not known is asked for once."""
    registry = _Registry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(token, keys(), registry=registry).claims
    except InvalidKeyIdError:
        return jwt.decode(token, keys(fresh=True), registry=registry).claims


def _registry(client: Client, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": client.issuer},
        aud={"essential": True, "value": client.identity},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True},
    )


def _check(claims: dict[str, Any], client: Client, nonce: str) -> None:
    """Raise `ValueError` for what OpenID Connect asks of a token beyond what any JWT has to show."""
    party = claims.get("azp", None if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 else client.identity)
    if party != client.identity:
        raise ValueError("made for another party")
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise ValueError("made for another log-in")
    if len(claims["sub"]) > MAX_SUBJECT or not claims["sub"].isprintable():
        raise ValueError("no subject")
