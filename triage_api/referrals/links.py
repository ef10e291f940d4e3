"""The single-use link by which a pivot acknowledges: a random number and its keyed seal, of which a hash is kept."""

from __future__ import annotations

import hmac
import re
import secrets

from store.keyring import Keyring

_SHAPE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")
_SEAL = 32


def new_token(keys: Keyring) -> tuple[str, str]:
    """Return a token and the hash of it that is kept."""
    number = secrets.token_hex(16)
    return f"{number}.{_seal(keys, number)}", kept_hash(keys, number)


def hash_of(keys: Keyring, token: str) -> str | None:
    """Return the hash by which a token is found; None for one that this house never made."""
    match = _SHAPE.fullmatch(token)
    if match is None or not hmac.compare_digest(match[2], _seal(keys, match[1])):
        return None
    return kept_hash(keys, match[1])


def kept_hash(keys: Keyring, number: str) -> str:
    """Return what is kept of a token's number."""
    return keys.blind("referral-link", number)


def _seal(keys: Keyring, number: str) -> str:
    return keys.blind("referral-link-seal", number)[:_SEAL]
