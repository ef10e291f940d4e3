"""Numbers for what was taken out: the same value has the same number, and the value itself is not kept."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection
from hashlib import blake2b

from nlp.redact.spans import RedactionType


class Numbering:
    """Counts the values of each type; share one to number over a whole export.

    Values are kept as keyed digests, and the key dies with this object: who sees it later learns no name.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._numbers: dict[tuple[RedactionType, bytes], int] = {}
        self._last: Counter[RedactionType] = Counter()

    def placeholder(self, type_: RedactionType, value: str, taken: Collection[str] = ()) -> str:
        """Return "[PERSON_1]" for a value; a new value never gets a placeholder that is `taken` in its text."""
        digest = blake2b(value.encode("utf-8", "replace"), digest_size=16, key=self._key).digest()
        number = self._numbers.get((type_, digest))
        if number is None:
            number = self._next(type_, taken)
            self._numbers[type_, digest] = number
        return f"[{type_}_{number}]"

    def _next(self, type_: RedactionType, taken: Collection[str]) -> int:
        self._last[type_] += 1
        while f"[{type_}_{self._last[type_]}]" in taken:
            self._last[type_] += 1
        return self._last[type_]
