"""Values that must not be in a file, told as keyed hashes: they can be found in it, and not read from the list."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nlp.tokens import plain_words, tokens

_MOST_WORDS = 6
_LEAST_CHARACTERS = 3


def known_hash(key: bytes, value: str) -> str:
    """Return the hash of a value (a name, a contact, an account), spelling and punctuation aside.

    Raises `ValueError` for one of fewer than 3 letters and digits, which stands everywhere.
    """
    joined = "".join(plain_words(value))
    if len(joined) < _LEAST_CHARACTERS:
        raise ValueError("A known value has at least 3 letters or digits.")
    return _hash(key, joined)


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Hashes made by `known_hash` with one key; whoever has that can try numbers, so it goes when the scan is done."""

    key: bytes = field(repr=False)
    hashes: frozenset[str]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where known values of up to six words stand, as offsets into the text, half-open."""
        words = tokens(text) if self.hashes else []
        for at, first in enumerate(words):
            joined = ""
            for last in words[at : at + _MOST_WORDS]:
                joined += last.folded
                if len(joined) >= _LEAST_CHARACTERS and _hash(self.key, joined) in self.hashes:
                    yield first.start, last.end

    def holds(self, value: str) -> bool:
        """Tell whether a value, such as a contact that was read out of its disguise, is a known one."""
        joined = "".join(plain_words(value))
        return len(joined) >= _LEAST_CHARACTERS and _hash(self.key, joined) in self.hashes


def known_values(key: bytes, values: Iterable[str]) -> KnownValues:
    """Return the hashes of values, those too short to be looked for left out."""
    long = (value for value in values if len("".join(plain_words(value))) >= _LEAST_CHARACTERS)
    return KnownValues(key, frozenset(known_hash(key, value) for value in long))


def _hash(key: bytes, joined: str) -> str:
    """Return a keyed hash; a North American number with its country code is the same as without."""
    if len(joined) == 11 and joined.isdigit() and joined.startswith("1"):
        joined = joined[1:]
    return hmac.digest(key, f"disclosure/known\0{joined}".encode(), "sha256").hex()
