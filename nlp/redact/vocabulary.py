"""The words of French and English: what is in no dictionary and has a capital is a name, even where a sentence opens.

`data/dictionary.txt.gz` holds the folded words of three to fourteen letters of the Letterpress lists, as npm's
`an-array-of-french-words` 2.0.0 and `an-array-of-english-words` 2.0.0 ship them (MIT licence, © Zeke Sikelianos), less
the literary tenses of French verbs; sorted, one a line. Neither list holds proper nouns.
"""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from importlib import resources

from nlp.frequencies import small_words

_ELIDED = re.compile(r"(?:qu|[cdjlmnst])(?=[a-z]{3})")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


@cache
def _dictionary() -> bytes:
    packed = resources.files("nlp.redact.data").joinpath("dictionary.txt.gz").read_bytes()
    return b"\n" + gzip.decompress(packed)


@lru_cache(maxsize=1 << 16)
def in_dictionary(word: str) -> bool:
    """Tell whether a folded word stands in the dictionary, exactly; by halving, since a set would weigh 40 MB."""
    lines, wanted = _dictionary(), word.encode()
    low, high = 0, len(lines) - 1
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2 + 1)
        end = lines.index(b"\n", start + 1)
        here = lines[start + 1 : end]
        if here == wanted:
            return True
        low, high = (end, high) if here < wanted else (low, start)
    return False


@lru_cache(maxsize=1 << 16)
def may_be_word(word: str) -> bool:
    """Tell whether a folded word is one of the dictionary, also texted: "jviens", "lauto", "noooon"."""
    if in_dictionary(word):
        return True
    if (elided := _ELIDED.match(word)) and word[elided.end() :] in small_words():
        return True
    return any(map(in_dictionary, shortened(word)))


def shortened(word: str) -> set[str]:
    """Return the other spellings of a word that is drawn out: "noooon" as "non" and "noon"."""
    return {_DRAWN_OUT.sub(r"\1", word), _DRAWN_OUT.sub(r"\1\1", word)} - {word}
