"""What a term is: a word or two neighbouring ones that say something, or a city; and which list it may stand in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from runpy import run_path
from typing import Literal, NamedTuple, get_args

from nlp.cities import canonical_city, gazetteer, spell_out
from nlp.cities import key as city_key
from nlp.criteria.words import plain_words
from nlp.entities.numbers import WORDS as NUMBERS
from nlp.features import is_demographic
from nlp.fold import fold
from nlp.frequencies import frequencies
from nlp.lexicon import word_lists
from nlp.redact.gazetteers import is_word, names, small_places
from nlp.tokens import Token, stem, tokens
from nlp.words import CLITICS

WordList = Literal["recruitment", "place", "language"]
LISTS: tuple[WordList, ...] = get_args(WordList)
MOST_READ = 10_000
"""Characters of a post whose terms are counted."""

_LEAST_RARITY = 0.3
"""Words of a tenth of all posts and more say nothing by themselves ("avec", "the")."""
_LONGEST = 24
_BETWEEN = re.compile(r"[ '’-]{1,2}")
"""What may stand between the two words of a phrase."""
_WITH_DIGIT = re.compile(r"(?=[a-z]*\d[a-z]*$)[a-z\d]{2,5}")
_FIRST_HALF_OF_POSTAL_CODE = re.compile(r"[a-z]\d[a-z]")
_FLAG = range(0x1F1E6, 0x1F200)


class Met(NamedTuple):
    """A term where it stands in a text: its folded words, joined by a blank, and half-open offsets."""

    term: str
    start: int
    end: int


def terms(text: str) -> Iterator[Met]:
    """Yield the words and two-word phrases of a text that a list could hold, in order; linear time, never raises."""
    read = text[:MOST_READ]
    found = tokens(read)
    in_names = _in_names_of_places(found)
    before: Token | None = None
    for index, token in enumerate(found):
        if index in in_names or not is_listable(token.folded) or _is_contraction(token):
            before = None
            continue
        yield Met(token.folded, token.start, token.end)
        if before is not None and _BETWEEN.fullmatch(read, before.end, token.start):
            yield Met(f"{before.folded} {token.folded}", before.start, token.end)
        before = token


def _in_names_of_places(found: Sequence[Token]) -> set[int]:
    """Return the places of the words that spell a city: cities are listed by their own name."""
    words, known = [spell_out(token.folded) for token in found], gazetteer()
    return {
        index + more
        for index, word in enumerate(words)
        for length in known.lengths.get(word, ())
        if tuple(words[index : index + length]) in known.spellings
        for more in range(length)
    }


@lru_cache(maxsize=65_536)
def is_listable(word: str) -> bool:
    """Tell whether a folded word can stand in a list, by itself: no name, number, place name or word of identity."""
    if is_emoji(word):
        return word not in word_lists("emerging")["withheld_emoji"] and ord(word[0]) not in _FLAG
    if any(map(str.isdigit, word)):
        return bool(_WITH_DIGIT.fullmatch(word)) and not _FIRST_HALF_OF_POSTAL_CODE.fullmatch(word)
    says_little = word in function_words() or frequencies().rarity(stem(word)) < _LEAST_RARITY
    if says_little or not 2 <= len(word) <= _LONGEST:
        return False
    return not (word in NUMBERS or is_demographic(word) or _may_be_name(word) or _names_place(word))


@cache
def function_words() -> frozenset[str]:
    """Return the words of French and English that say nothing by themselves, folded."""
    listed = fold(" ".join(_stop_words("fr") | _stop_words("en"))).text.replace("'", "").split()
    return CLITICS.union(listed)


def _stop_words(language: str) -> set[str]:
    # spaCy's list from its file: importing the French package costs seconds of compiling rules that are not used here.
    found: set[str] = run_path(str(files("spacy") / "lang" / language / "stop_words.py"))["STOP_WORDS"]
    return found


def _is_contraction(token: Token) -> bool:
    """Tell whether a word with an apostrophe stands for function words ("don't", "y'a"): correct, and says nothing."""
    joined = token.end - token.start > len(token.folded)
    return joined and all(word in function_words() for word in plain_words(token.folded))


def is_emoji(word: str) -> bool:
    """Tell whether a token is an emoji."""
    return not any(map(str.isalnum, word))


def is_known(word: str) -> bool:
    """Tell whether a folded word is one of the language as the shipped corpora write it, so that it names nobody."""
    return is_emoji(word) or is_word(word)


def _may_be_name(word: str) -> bool:
    return names().is_sure_given(word) or word in names().family or (names().is_name(word) and not is_word(word))


def _names_place(word: str) -> bool:
    return word in _parts_of_places() and not is_word(word)


@cache
def _parts_of_places() -> frozenset[str]:
    """Return the words of places' names: small ones are held back, cities are listed by their own name."""
    return frozenset(word for words in (*gazetteer().spellings, *small_places().whole) for word in words)


def is_informal(term: str) -> bool:
    """Tell whether a term is a spelling, slang or emoji: unknown to the shipped corpora, or texted short."""
    return any(is_emoji(word) or not is_word(word) or _is_short_for(word) for word in term.split())


def _is_short_for(word: str) -> bool:
    return len(word) < len("".join(plain_words(word)))


def is_place(term: str) -> bool:
    """Tell whether a term says in which kind of place something happens ("metro", "chambre motel")."""
    return not _kinds_of_places().isdisjoint(term.split())


@cache
def _kinds_of_places() -> frozenset[str]:
    return frozenset(word_lists("emerging")["places"])


def cities_listed(cities: Collection[str]) -> frozenset[str]:
    """Return the canonical names of known cities among some names, without places so small that they name people."""
    found = filter(None, map(canonical_city, cities))
    return frozenset(city for city in found if city_key(city) not in small_places().whole)
