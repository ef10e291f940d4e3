"""How far a proper name reaches, after or before the word that says what it names."""

from __future__ import annotations

from bisect import bisect_left

from nlp.redact.gazetteers import city_at, is_common, is_word, names, nobody, phrase_at, small_places
from nlp.redact.lists import words
from nlp.redact.page import Page

CONNECTORS = words("inside_names")
_COMPOUNDS = words("compounds_of_all")
_LONGEST_COMPOUND = max(name.count("-") + 1 for name in _COMPOUNDS)
_LONGEST = 8
_NOT_IN_NAMES = words("no_part_of_small_names")
_HOLY = words("holy")


def reaches_to(page: Page, first: int) -> int | None:
    """Return the last word of the proper name that begins at a word, None if none begins there.

    A name is words with a capital, and the connectors between them; in a text without capitals, a name that is known
    or begins with "saint", and what is joined to it by hyphens.
    """
    last = None
    for index in range(first, min(first + _LONGEST, len(page.words))):
        word = page.words[index]
        if index > first and not _continues(page, index):
            break
        if _names(page, index, is_first=last is None):
            last = index
        elif not _links(page, index) and "-" not in word.before:
            break
        elif "-" in word.before and last == index - 1:
            last = index
    return last


def _links(page: Page, index: int) -> bool:
    """Tell whether a word may stand inside a name; "à" only where no city follows: "L'Arbre à Vent"."""
    word, after = page.words[index], page.word_at(index + 1)
    if word.text in CONNECTORS:
        return True
    inside = word.text in ("a", "aux") and after is not None and after.capital and not after.opens
    return inside and not max(city_at(page, index + 1), phrase_at(page, index + 1, small_places()))


def _continues(page: Page, index: int) -> bool:
    """Tell whether a word may belong to the same name as the one before it: no comma, no stop, no new line."""
    before = page.words[index].before
    abbreviated = len(page.words[index - 1].text) <= 3
    return len(before) <= 3 and not before.strip(" -'&\"." if abbreviated else " -'&\"")


def _names(page: Page, index: int, *, is_first: bool) -> bool:
    word = page.words[index]
    if word.capital:
        return True
    known = word.text in names().given or word.text in names().family
    holy = is_first and word.text in _HOLY and index + 1 < len(page.words)
    after_holy = index > 0 and page.words[index - 1].text in _HOLY and not is_common(word.text)
    return known or holy or after_holy or (is_first and city_at(page, index) > 0)


def reaches_back_to(page: Page, last: int) -> int | None:
    """Return the first word of the name with capitals that ends at a word, None if none ends there."""
    first = None
    for index in range(last, max(last - _LONGEST, -1), -1):
        word = page.words[index]
        plain = word.opens and word.text in ("the", "le", "la", "les", "a", "at", "my", "our")
        if word.capital and not plain and not (word.opens and is_common(word.text) and first is not None):
            first = index
        elif word.text not in CONNECTORS:
            break
        if word.opens or not index or not _continues(page, index):
            break
    return first


def is_only_place(page: Page, first: int, last: int) -> bool:
    """Tell whether a name is a city or small place and nothing more, connectors aside."""
    while first < last and page.words[first].text in CONNECTORS and not page.words[first].capital:
        first += 1
    return max(city_at(page, first), phrase_at(page, first, small_places())) >= last - first + 1


def compound_at(page: Page, first: int) -> int:
    """Return how many words spell a region or borough joined by hyphens, "Côte-des-Neiges"; 0 if none do."""
    last = first  # no further than one word past the longest: hostile text joins thousands
    while last - first < _LONGEST_COMPOUND and (after := page.word_at(last + 1)) and after.before in ("-", "'"):
        last += 1
    if last == first:
        return 0
    joined = "-".join(word.text for word in page.words[first : last + 1])
    return last - first + 1 if joined in _COMPOUNDS else 0


def is_nobodys(page: Page, first: int, last: int) -> bool:
    """Tell whether every word of a name is a brand, a people, a feast or the like, or a common word."""
    words = [word for word in page.words[first : last + 1] if word.text not in CONNECTORS]
    return all(word.text in nobody() for word in words)


def next_word(page: Page, offset: int) -> int:
    """Return the place of the first word at or after an offset."""
    return bisect_left(page.words, offset, key=lambda word: word.start)


def begins_at(page: Page, index: int) -> bool:
    """Tell whether a word follows right after the one that says what it names, on the same line."""
    word = page.word_at(index)
    return word is not None and not word.before.strip(" -'\"") and "\n" not in word.before


def named_before(page: Page, start: int, *, needs_capital: bool) -> int | None:
    """Return the first word of the name that stands before an English word for what it names, None without one.

    A common word that only begins its sentence is no name ("Separate motel rooms"), unless what follows has a capital.
    """
    index = page.index_at(start)
    if (
        not index
        or page.words[index].before not in (" ", "-", "'s ")
        or (needs_capital and not page.words[index].capital)
    ):
        return None
    first = reaches_back_to(page, index - 1)
    if first is None:
        return None
    word = page.words[first]
    chance = word.opens and first == index - 1 and is_common(word.text) and not page.words[index].capital
    return None if chance else first


def small_name_before(page: Page, start: int) -> int | None:
    """Return the first word of a name in small letters right before another word: "st. patrick's", "riverdale"."""
    index = page.index_at(start)
    if index and page.words[index - 1].text == "s" and page.words[index - 1].before == "'":
        index -= 1
    if not index or page.words[index].before not in (" ", "'"):
        return None
    name, holy = page.words[index - 1], page.word_at(index - 2)
    if holy is not None and holy.text in _HOLY and name.before in (" ", ". ", "-"):
        return index - 2
    if holy is not None and name.before == " " and _names_things(holy.text) and _names_things(name.text):
        return index - 2
    return index - 1 if names().is_name(name.text) or not is_word(name.text) else None


def _names_things(word: str) -> bool:
    """Tell "maple", "hollow" from "about", "private"."""
    return len(word) > 3 and word not in _NOT_IN_NAMES
