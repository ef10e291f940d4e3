"""Passwords: argon2id, the same work for a name that exists and one that does not."""

from __future__ import annotations

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(4)
"""Each hash takes 64 MiB: a flood of log-ins waits instead of filling the memory."""
_NOBODY = _HASHER.hash(secrets.token_hex(16))
"""Checked in place of a missing account's hash."""


def hash_password(password: str) -> str:
    """Return the argon2id hash to keep."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Tell whether a password is the kept one; None (no such account) costs the same time and is never true."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _NOBODY, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def generate_password() -> str:
    """Return a password of 99 random bits, in groups that can be read aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1: they are mistaken for one another
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))
