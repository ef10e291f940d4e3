"""Codes for people without an account: by one, a consent is taken back; by another, an answer is read.

A code stands on a paper, is read out on the telephone, is typed on a phone. It is shown once and kept nowhere; what is
kept is its keyed hash. The key is a data key of the keyring and not the house's hashing key, which can be changed at
any time: nobody could make the hashes of papers anew.
"""

from __future__ import annotations

import hmac
import secrets

from store.errors import NotFound
from store.store import Store

LETTERS = "BCDFGHJKMNPRSTVWXZ"
"""No vowel, so that no word arises, and none of the letters that are mistaken for one another or for a digit."""
_GROUPS, _GROUP = 4, 4
CONSENT = "consent-code"
_LONGEST = 100


def new_code() -> str:
    """Return a new code of 66 random bits: ``BCDF-GHJK-MNPR-STVW``."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def kept(store: Store, code: str, use: str = CONSENT) -> str:
    """Return the keyed hash by which a new code is known, among those of its use."""
    return _hash(store.keys.new(_key(use)), use, plain(code))


def known_as(store: Store, typed: str, use: str = CONSENT) -> str | None:
    """Return the keyed hash of what somebody typed; None for what no code looks like, or before there is any code."""
    code = plain(typed)
    if len(code) != _GROUPS * _GROUP:
        return None
    try:
        return _hash(store.keys.key(_key(use)), use, code)
    except NotFound:
        return None


def plain(typed: str) -> str:
    """Return what was typed without spaces, hyphens and small letters."""
    return "".join(letter for letter in typed[:_LONGEST].upper() if letter in LETTERS)


def _key(use: str) -> str:
    return f"{use}:1"


def _hash(key: bytes, use: str, code: str) -> str:
    return hmac.digest(key, f"{use}\0{code}".encode(), "sha256").hex()
