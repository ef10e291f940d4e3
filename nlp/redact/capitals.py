"""PERSON or PLACE, the last resort: words with a capital that nothing else explains.

Where a sentence opens, only words that are in no dictionary count. Inside one, in French and English, such a word is a
proper name. Brands, peoples, feasts and cities are known and stay; so do words that posts use without a capital. What
is left is more often a person or a village than anything that must be kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.gazetteers import city_at, is_common, is_word, nobody, nobody_phrases, phrase_at
from nlp.redact.lists import words
from nlp.redact.naming import compound_at
from nlp.redact.page import Page
from nlp.redact.person_context import KIN, TITLES, has_determiner, is_something_else, previous
from nlp.redact.spans import RedactionType, Span
from nlp.redact.vocabulary import may_be_word

_AT = words("towards_places")
_BODIES = words("bodies_of_all")
_SHORTEST = 3
_SHORTEST_OPENING = 4
_BEFORE = (" ", "-", "'", ",")
_PEOPLE = re.compile(
    r"..(?:ais|aise|aises|ois|oise|oises|ien|ienne|iens|iennes|eens?|eennes?|teques?|ish|ism|isme|iste)$"
)


def find_unknown_capitals(page: Page) -> Iterator[Span]:
    """Yield unknown words with a capital, one after the other taken together."""
    index = 0
    while index < len(page.words):
        skipped = max(city_at(page, index), phrase_at(page, index, nobody_phrases()), compound_at(page, index))
        if skipped or not _is_unknown(page, index):
            index += max(skipped, 1)
            continue
        last = index
        while last + 1 < len(page.words) and page.words[last + 1].before in (" ", "-") and _is_unknown(page, last + 1):
            last += 1
        first = index - _opens_unknown(page, index - 1)
        if not is_something_else(page, first, last):
            yield page.word_span(first, last, _type(page, first), "unknown word with a capital")
        index = last + 1


def _opens_unknown(page: Page, index: int) -> bool:
    """Tell whether the word that opens the sentence is of the same unknown name: "Nassim Belkacemi est parti"."""
    word, after = page.word_at(index), page.word_at(index + 1)
    if (
        word is None
        or after is None
        or not (word.opens and word.capital)
        or word.upper
        or after.before not in (" ", "-")
    ):
        return False
    return len(word.text) >= _SHORTEST and not is_word(word.text) and not is_known(page, index)


def _is_unknown(page: Page, index: int) -> bool:
    word = page.words[index]
    if not word.capital or word.upper or len(word.text) < _SHORTEST:
        return False
    if word.opens:
        named = len(word.text) >= _SHORTEST_OPENING and not _is_elided(page, index) and not _may_open(word.text)
        return named and not is_known(page, index)
    if word.before[-1:] not in _BEFORE:
        return False
    alone = not _is_part_of_known(page, index)
    return alone and (not is_known(page, index) or _is_meant_as_name(page, index))


def _is_meant_as_name(page: Page, index: int) -> bool:
    """Tell "et Bienvenu" from "la Ville": a common word with a capital, no article before it, no capital beside."""
    word, before, after = page.words[index], previous(page, index), page.word_at(index + 1)
    if before is None or before.capital or has_determiner(page, index) or word.before not in (" ", ", "):
        return False
    beside = after is not None and after.capital and after.before in (" ", "-", "'")
    explained = word.text in nobody() or word.text in _BODIES | TITLES | KIN or bool(city_at(page, index))
    return not beside and not explained and is_common(word.text)


def _is_elided(page: Page, index: int) -> bool:
    """Tell "Aujourd'hui" from "Kevens's"."""
    after = page.word_at(index + 1)
    return after is not None and after.before == "'" and after.text != "s"


def _may_open(word: str) -> bool:
    """Tell whether a word may open a sentence as any word does: one of a language, or of how people text."""
    return is_word(word) or may_be_word(word)


def is_known(page: Page, index: int) -> bool:
    """Tell whether a capitalised word is explained: a common word, a brand, a people, a title, a city."""
    word = page.words[index].text
    return (
        is_common(word)
        or word in nobody()
        or word in TITLES
        or word in KIN
        or bool(city_at(page, index) or _PEOPLE.search(word))
    )


def _is_part_of_known(page: Page, index: int) -> bool:
    """Tell whether a known word with a capital stands right beside: "Croix-Rouge", "East Coast", "Sport Experts"."""
    word, before, after = page.words[index], page.word_at(index - 1), page.word_at(index + 1)
    if (
        before is not None
        and word.before in (" ", "-")
        and before.capital
        and not (before.opens and word.before == " ")
    ):
        return is_known(page, index - 1)
    return after is not None and after.before in (" ", "-") and after.capital and is_known(page, index + 1)


def _type(page: Page, index: int) -> RedactionType:
    before = previous(page, index)
    return "PLACE" if before is not None and before.text in _AT else "PERSON"
