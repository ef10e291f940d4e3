"""Words as searches compare and match them: accents, case, ligatures, apostrophes and plural -s do not count.

A *key* is what spellings of one word share; an elided article or pronoun belongs to its word (l'école, l ecole,
lecole: one key). Searches are compared by keys and both search engines index keys, so that two searches that count as
the same always bring back the same posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from nlp.tokens import plain_words, stem

CLITICS = frozenset(
    {"l", "d", "j", "m", "t", "s", "n", "c", "qu"}
    | {"jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu", "entr", "aujourd"}
)
"""What stands before an elision's apostrophe."""
GAP = "\u241e"
"""A key that no word has: phrases do not reach across it."""
_LONGEST = 100
"""Characters of a key; engines refuse or cut very long terms, each in its own way."""
_AFTER_ELISION = frozenset("aeiouyh")


@lru_cache(maxsize=65_536)
def key(folded: str) -> str:
    """Return what spellings of one folded word share: no plural -s, no apostrophe, at most 100 characters."""
    word = folded.replace("'", "")[:_LONGEST]
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss") and word.isalpha()
    return word[:-1] if plural else word


def key_stem(word_key: str) -> str:
    """Return the stem that a key is searched by."""
    return stem(word_key)[:_LONGEST]


def keys(folded: Sequence[str]) -> list[str]:
    """Return the keys of folded words that follow one another, each elision joined to its word."""
    return [key("".join(folded[start:end])) for start, end in joined(folded)]


def joined(folded: Sequence[str]) -> list[tuple[int, int]]:
    """Return the half-open runs of words that share a key: one word, or a clitic and the word it leans on."""
    runs: list[tuple[int, int]] = []
    start = 0
    while start < len(folded):
        leans = folded[start] in CLITICS and opens_elision(folded[start], "".join(folded[start + 1 : start + 2]))
        end = start + (2 if leans else 1)
        runs.append((start, end))
        start = end
    return runs


def opens_elision(folded: str, following: str) -> bool:
    """Tell whether a word leans on the next one, with or without its apostrophe."""
    return folded in CLITICS and following[:1] in _AFTER_ELISION


def index_words(text: str) -> tuple[list[str], list[str]]:
    """Return the keys and the stems of a text: what both engines index.

    The keys stand in the order of the text, for phrases; after them, beyond a gap, come the words that an elision
    hides in its key ("ecole" of "lecole"). The stems are those of each word, elided or not.
    """
    folded = plain_words(text)
    runs = joined(folded)
    hidden = [part for start, end in runs if end - start > 1 for part in (GAP, key(folded[end - 1]))]
    found = [key(folded[start] if end - start == 1 else "".join(folded[start:end])) for start, end in runs]
    return found + hidden, [stem(word)[:_LONGEST] for word in folded]
