"""Language of a short informal post: French, English, mixed, or other.

A word list decides, not letter statistics: half of the posts have under twenty words, many are typed without accents,
and what tells French from English in them is the small words and the texting spellings (chu, pis, wanna, u). Words
that both languages use prove nothing and are in no list; a word in no list speaks, more softly, by its ending or its
accents. "mixed" asks for evidence of both, not for one borrowed word.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib import resources

import yaml

from nlp.fold import Folded, fold
from nlp.tokens import word_spans
from nlp.types import Language

_FRENCH_LOOK = re.compile(
    r"[a-z]{3,}(?:aient|ait|ais|ement|euses?|eux|ettes?|iques?|oirs?|oires?|ances?|iez|ez|elles?|iere|ieres|eurs?)$"
)
_ENGLISH_LOOK = re.compile(
    r"[a-z]{2,}(?:ing|ness|less|ghts?|ly|cks?|wn|ows?|sh|tch|y)$|wh[a-z]{2,}$|th[a-z]{2,}$|[a-z]*(?:oo|ee|ow|gh|ck|wh)[a-z]*$"
)
_ACCENTED = re.compile("[éèêëàâçîïôûùœ]")
_LEAST_SHARE = 0.1
_LEAST_EVIDENCE = 4
"""A post is mixed when its minor language holds this share of the evidence, and this much of it (two listed words)."""
_LONGEST = 40
"""Characters of a word whose looks are asked; nothing longer is a word."""


@cache
def _lexicon() -> dict[str, Language]:
    raw = yaml.safe_load(resources.files("nlp.data").joinpath("language.yaml").read_text("utf-8"))
    return {word: language for language, words in raw.items() for word in words.split()}


def language(text: str) -> Language:
    """Return the language of a post; "other" when nothing speaks for French or English. Linear time, never raises."""
    folded = fold(text)
    evidence = evidence_of(folded)
    french, english, other = evidence["fr"], evidence["en"], evidence["other"]
    if other > max(french, english) or not french + english or _is_foreign_script(folded.text):
        return "other"
    minor = min(french, english)
    if minor >= _LEAST_EVIDENCE and minor >= _LEAST_SHARE * (french + english):
        return "mixed"
    return "fr" if french >= english else "en"


def evidence_of(folded: Folded) -> Counter[Language]:
    """Return how much the words of a text speak for each language, in halves of a word of that language's list."""
    lexicon = _lexicon()
    found: Counter[Language] = Counter()
    for start, end in word_spans(folded):
        word = folded.text[start:end].replace("'", "")
        if known := lexicon.get(word):
            found[known] += 2
        elif len(word) < _LONGEST and (looks := _look(word, folded, start, end)):
            found[looks] += 1
    return found


def _is_foreign_script(folded: str) -> bool:
    """Tell whether so many letters stay foreign after folding that they were not there to disguise Latin ones."""
    if folded.isascii():
        return False
    letters = [char for char in folded if char.isalpha()]
    return 4 * sum(not char.isascii() for char in letters) > len(letters)


def _look(word: str, folded: Folded, start: int, end: int) -> Language | None:
    """Guess the language of a word in no list; capitalised words may be names and say nothing."""
    if not word.isascii():
        return None
    first, last = folded.span(start, end)
    typed = folded.source[first:last]
    if not typed.islower():
        return None
    if _ACCENTED.search(typed) or _FRENCH_LOOK.match(word):
        return "fr"
    return "en" if _ENGLISH_LOOK.match(word) else None


def is_common_word(folded: str) -> bool:
    """Tell whether a folded word is one of the small words that give a language away."""
    return folded in _lexicon()
