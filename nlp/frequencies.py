"""How common a word is in posts and ads: the background against which two texts resemble one another.

`nlp/data/frequencies.tsv` counts the posts of the shipped corpora that hold a stem; `scripts/word_frequencies.py`
writes it anew. The counts are shipped, not taken from the texts at hand, so that the likeness of two texts depends on
those two alone: a new post never changes an old link.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import log

_LEAST = 0.05
"""Rarity of the commonest words: they hardly count, but a text of nothing else still has some weight."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In how many of `posts` texts each stem was met."""

    posts: int
    stems: dict[str, int]

    def rarity(self, stem: str) -> float:
        """Return 1 for a stem met at most once, falling to 0.05 for those met everywhere (inverse frequency)."""
        count = self.stems.get(stem, 1)
        return max(_LEAST, log(self.posts / count) / log(self.posts))


@cache
def frequencies() -> Frequencies:
    """Load the shipped counts: a first line `posts<TAB>n`, then one `stem<TAB>count` a line."""
    lines = resources.files("nlp.data").joinpath("frequencies.tsv").read_text("utf-8").splitlines()
    (_, posts), *rows = (line.split("\t") for line in lines)
    return Frequencies(int(posts), {stem: int(count) for stem, count in rows})


@cache
def small_words() -> frozenset[str]:
    """Load the folded words that the shipped corpora hold in small letters: words of the language, hardly any name."""
    return frozenset(resources.files("nlp.data").joinpath("small_words.txt").read_text("utf-8").split())
