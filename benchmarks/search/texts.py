"""Varied texts with a natural word-frequency curve: pieces of the shipped corpora's sentences, mixed and altered.

Words are put in by Zipf's law from the corpora's own words, most frequent first, and a long tail of invented ones, so
that a large corpus has rare words as a real one does.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random

from benchmarks.posts import corpus

_PIECE = re.compile(r"[^.!?,;:…\n]+[.!?,;:…]*")
_WORDS_OF_PIECE = range(3, 15)
_TAIL = 280_000
"""Invented words: with the corpora's own, as many as a million short posts hold."""
_CHANGED = 0.15
"""Share of words that are put in anew."""
_ONSETS = (*"bcdfgjlmnprstv", "br", "ch", "dr", "fl", "gr", "pl", "qu", "tr")
_RIMES = (
    *"aeiou",
    "ai",
    "al",
    "an",
    "ar",
    "as",
    "el",
    "en",
    "er",
    "et",
    "in",
    "is",
    "oi",
    "on",
    "or",
    "ou",
    "un",
    "ur",
)


@dataclass(frozen=True)
class Words:
    """What texts are made of: pieces of sentences by language, and words by rank."""

    pieces: dict[str, list[list[str]]]
    by_rank: list[str]

    def text(self, dice: Random, lang: str) -> str:
        """Return a text of some 30 words; one in a hundred is ten times as long."""
        count = min(3 + int(dice.expovariate(0.4)), 12) * (10 if dice.random() < 0.01 else 1)
        pieces = self.pieces[lang]
        return " ".join(" ".join(self._altered(dice, dice.choice(pieces))) for _ in range(count))

    def word(self, dice: Random) -> str:
        """Return a word, the n-th most frequent n times as rarely as the first."""
        return self.by_rank[int(len(self.by_rank) ** dice.random()) - 1]

    def _altered(self, dice: Random, piece: list[str]) -> list[str]:
        return [self.word(dice) if dice.random() < _CHANGED else word for word in piece]


@cache
def words() -> Words:
    """Return the same words whenever they are asked for."""
    rows = corpus()
    pieces = {
        lang: [piece for row in rows if row["lang"] == lang for piece in _pieces(row["text"])] for lang in _langs()
    }
    counted = Counter(word for row in rows for word in row["text"].split() if word.isalpha())
    known = [word for word, _ in counted.most_common()]
    return Words(pieces, known + _invented(set(known)))


def _langs() -> tuple[str, ...]:
    return ("fr", "en", "mixed")


def _pieces(text: str) -> list[list[str]]:
    cut = [piece.split() for piece in _PIECE.findall(text)]
    return [piece for piece in cut if len(piece) in _WORDS_OF_PIECE]


def _invented(known: set[str]) -> list[str]:
    dice = Random(1)
    made: dict[str, None] = {}
    while len(made) < _TAIL:
        word = "".join(dice.choice(_ONSETS) + dice.choice(_RIMES) for _ in range(dice.choice((2, 3, 3, 4))))
        if word not in known:
            made[word] = None
    return list(made)
