"""Rounding: told figures become multiples of 5, up or down by chance, without favour and the same way every time.

Random rounding as in censuses (Nargundkar & Saveland 1972; Statistics Canada), with the chance drawn from a key and the
figure itself, so that asking again gives the same answer and averages nothing away (Fraser & Wooton 2005).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace

from disclosure.figures import Figure, Scope

BASE = 5


def rounded(figures: Iterable[Figure], key: bytes, base: int = BASE) -> list[Figure]:
    """Return the figures with their counts rounded, each by itself; sums no longer add up, and withheld ones stay.

    A count that lies r above a multiple of `base` goes up with probability r / base. The key is at least 32 bytes,
    of the house and not of a study, and is never published: `ValueError` for a shorter one.
    """
    if len(key) < 32:
        raise ValueError("A key has at least 32 bytes.")
    return [
        one if one.count is None else replace(one, count=_rounded(one.count, one.scope, key, base)) for one in figures
    ]


def _rounded(count: int, scope: Scope, key: bytes, base: int) -> int:
    over = count % base
    named = repr([(dimension, sorted(values)) for dimension, values in scope])
    draw = int.from_bytes(hmac.digest(key, f"disclosure/rounding\0{count}\0{named}".encode(), "sha256"))
    return count - over + (base if draw % base < over else 0)
