"""Numbers for what was taken out: the same value has the same number, and the value itself is not kept."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection
from hashlib import blake2b

from nlp.redact.spans import RedactionType

_KEY = 32


class Numbering:
    """Counts the values of each type; share one to number over a whole export.

    Values are kept as keyed digests, and the key dies with this object: who sees it later learns no name.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_KEY)
        self._numbers: dict[tuple[RedactionType, bytes], int] = {}
        self._last: Counter[RedactionType] = Counter()

    def placeholder(self, type_: RedactionType, value: str, taken: Collection[str] = ()) -> str:
        """Return "[PERSON_1]" for a value; a new value never gets a placeholder that is `taken` in its text."""
        digest = self._digest(value)
        number = self._numbers.get((type_, digest))
        if number is None:
            number = self._next(type_, taken)
            self._numbers[type_, digest] = number
        return f"[{type_}_{number}]"

    def _digest(self, value: str) -> bytes:
        return blake2b(value.encode("utf-8", "replace"), digest_size=16, key=self._key).digest()

    def _next(self, type_: RedactionType, taken: Collection[str]) -> int:
        self._last[type_] += 1
        while f"[{type_}_{self._last[type_]}]" in taken:
            self._last[type_] += 1
        return self._last[type_]


class KeyedNumbering(Numbering):
    """Numbers that follow from a key: a value has the same one in every text, whoever redacts it and whenever.

    Eight digits: of a thousand values two share a number with a probability of a half per cent. Without the key no
    number can be made, nor tried. Raises `ValueError` for a key that is not 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        super().__init__()
        if len(key) != _KEY:
            raise ValueError("The key of a numbering has 32 bytes.")
        self._key = key

    def placeholder(self, type_: RedactionType, value: str, taken: Collection[str] = ()) -> str:
        """Return "[PERSON_40512377]" for a value; never a placeholder that is `taken` in its text."""
        number = int.from_bytes(self._digest(value)) % 10**8
        while f"[{type_}_{number}]" in taken:
            number += 1
        return f"[{type_}_{number}]"
