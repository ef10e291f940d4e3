"""What is a study's own: a token for each person and a shift for each person's dates, both from its secret key.

HMAC-SHA-256 (RFC 2104; FIPS 198-1) is a pseudorandom function: without the key a token tells nothing, not even to
somebody who tries every phone number, and the tokens of two studies have nothing in common. Once the key is destroyed
nobody can make or undo one: the tokens that are out stay consistent and lead nowhere.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import date, timedelta

LENGTH = 32
"""Bytes of a key."""
MOST_DAYS = 182
"""Days by which a person's dates are moved at most, either way."""
FORM = r"[a-z2-7]{26}"
"""What a token looks like, as a regular expression."""
_BYTES = 16


class StudyKey:
    """The key of one study. Keep `secret` in the keyring and nowhere else; this object never shows it.

    The study's name goes into everything that is made, so that one secret given to two studies by mistake links
    nothing. Raises `ValueError` for a secret that is not 32 bytes, or an empty name.
    """

    def __init__(self, study: str, secret: bytes) -> None:
        if len(secret) != LENGTH:
            raise ValueError("The key of a study has 32 bytes: make it with `new_secret`.")
        if not study:
            raise ValueError("A study has a name.")
        self._key = hmac.digest(secret, b"disclosure/study\0" + study.encode(), "sha256")

    def token(self, kind: str, value: str) -> str:
        """Return the token of a person, known by a value of some kind (an account, a phone number), in its normal form.

        26 letters and digits, 128 bits: among a million persons two share one with a probability of 10^-27. Raises
        `ValueError` for an empty value: "nobody" is no person.
        """
        if not value:
            raise ValueError("There is no token for an empty value.")
        return base64.b32encode(self._made("token", kind, value)[:_BYTES]).decode().rstrip("=").lower()

    def shift(self, token: str, most: int = MOST_DAYS) -> timedelta:
        """Return by how many days the dates of a token's person move: any number from -most to most, equally likely.

        Times between one person's dates stay as they are (Hripcsak et al. 2016, JAMIA 23:e1, "SANT").
        """
        if most < 1:
            raise ValueError("Dates move by at least a day.")
        return timedelta(days=int.from_bytes(self._made("shift", token)) % (2 * most + 1) - most)

    def numbering(self) -> bytes:
        """Return the key by which what is taken out of the study's texts is numbered; see `nlp.redact`."""
        return self._made("numbering")

    def _made(self, *parts: str) -> bytes:
        """Return the keyed digest of parts, each with its length, so that no two lists of parts read alike."""
        message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.digest(self._key, message, "sha256")


def new_secret() -> bytes:
    """Return a fresh key for a study."""
    return secrets.token_bytes(LENGTH)


def window(first: date, last: date, most: int = MOST_DAYS) -> tuple[date, date]:
    """Return the days between which a shifted date tells nothing of its shift, both included.

    Closer to the ends of what was collected, only some shifts can lead there; such dates are left out. Raises
    `ValueError` if nothing lies between: less than twice `most` days were collected.
    """
    start, end = first + timedelta(days=most), last - timedelta(days=most)
    if start > end:
        raise ValueError(f"Dates that may move by {most} days need more than {2 * most} days of them.")
    return start, end


def shifted(day: date, by: timedelta, within: tuple[date, date]) -> date | None:
    """Return a date after its person's shift, None outside the window; months and seasons are made from this one."""
    start, end = within
    moved = day + by
    return moved if start <= moved <= end else None
