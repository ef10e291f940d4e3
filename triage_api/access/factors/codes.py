"""Codes: of the authenticator (RFC 6238, thirty seconds, six digits) and for recovery. Each is taken once."""

from __future__ import annotations

import hashlib
import hmac

import pyotp

from store.store import Store
from store.tables import User
from triage_api.access.passwords import generate_password

RECOVERY_CODES = 10
_WINDOW = 1
"""Steps before and after the present one whose codes are taken, for clocks that are not quite right."""


def step_of(store: Store, secret: str, code: str, after: int | None) -> int | None:
    """Return the time step whose code this is, if it is near enough and later than `after`; None if there is none.

    Every step that may be is compared, in constant time, whichever one it is.
    """
    totp, given = pyotp.TOTP(secret), "".join(code.split()).encode()
    now = totp.timecode(store.clock())
    steps = range(now - _WINDOW, now + _WINDOW + 1)
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
    return next((step for step in right if after is None or step > after), None)


def take_code(store: Store, user: User, code: str) -> bool:
    """Take a code, of the authenticator or for recovery, so that it never is again; False if it is none of them.

    The caller holds the account's row in its transaction.
    """
    if user.totp is None:
        return False
    step = step_of(store, store.keys.opened(user.totp, context(user.id)), code, user.totp_used)
    if step is not None:
        user.totp_used = step
        return True
    kept = hashed(code)
    left = [known for known in user.recovery if not hmac.compare_digest(known, kept)]
    taken = len(left) < len(user.recovery)
    user.recovery = left
    return taken


def new_recovery_codes() -> list[str]:
    """Return recovery codes of 99 random bits each: enough that a plain hash keeps them."""
    return [generate_password() for _ in range(RECOVERY_CODES)]


def hashed(code: str) -> str:
    """Return what is kept of a recovery code; blanks, hyphens and capitals make no difference."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def context(user: str) -> str:
    """Return what an account's secret is sealed under."""
    return f"totp:{user}"
