"""PLACE: villages, communities and hamlets so small that naming them comes close to naming people. Cities stay."""

from __future__ import annotations

from collections.abc import Iterator

from nlp.cities import spell_out
from nlp.redact.gazetteers import city_at, phrase_at, small_places, unsure_places
from nlp.redact.lists import words
from nlp.redact.page import Page
from nlp.redact.spans import Span

_SAINTS = words("saints")
_STREETS = words("no_places_after")
_FEASTS = words("saints_of_feasts")
_AT = words("towards_small_places")
_LANDS = words("words_for_small_places")
_WILD = frozenset({"lac", "riviere", "ile", "anse"})
_GREAT = words("waters_of_all")
_NEEDS_CAPITAL = 6
"""Small places with shorter names than this need a capital: they are often words too."""


def find_places(page: Page) -> Iterator[Span]:
    """Yield small places: those known, unknown ones that begin with "Saint-", and names after "village de"."""
    for index in range(len(page.words)):
        if count := _known(page, index):
            yield page.word_span(index, index + count - 1, "PLACE", "small place")
        elif (last := _saint(page, index)) is not None:
            yield page.word_span(index, last, "PLACE", "place named after a saint, not a known city")
        elif (last := _wild(page, index)) is not None:
            yield page.word_span(index, last, "PLACE", "lake, river or island with a capital")
        elif (last := _water(page, index)) is not None:
            yield page.word_span(index, last, "PLACE", "lake, river or island by its name")
        elif _is_land_before(page, index):
            yield page.word_span(index, _joined(page, index), "PLACE", "name after a word for a small place")


def _known(page: Page, index: int) -> int:
    count = phrase_at(page, index, small_places())
    if not count or _before(page, index) in _STREETS:
        return 0
    word = page.words[index]
    if tuple(spell_out(each.text) for each in page.words[index : index + count]) in unsure_places():
        return count if word.capital and (_before(page, index) in _AT or _is_item(page, index, count)) else 0
    return count if word.capital or count > 1 or len(word.text) >= _NEEDS_CAPITAL or _before(page, index) in _AT else 0


def _is_item(page: Page, index: int, count: int) -> bool:
    """Tell whether a place stands by itself, between commas or the like, as towns do in lists and headings."""
    after = page.word_at(index + count)
    starts = page.words[index].before.strip() in (",", "/", "-", "|") and page.words[index].before[-1:] in " /"
    return starts and (after is None or after.before.strip() in (",", "/", "|", ".", ";"))


def _before(page: Page, index: int) -> str:
    word = page.word_at(index - 1)
    return word.text if word is not None and "\n" not in page.words[index].before else ""


def _saint(page: Page, index: int) -> int | None:
    """Return the last word of "Saint-Exupère-de-Beauce"; None for known cities, feasts and streets."""
    word, name = page.words[index], page.word_at(index + 1)
    if word.text not in _SAINTS or name is None or name.before not in ("-", " ", ". ") or len(name.text) < 3:
        return None
    if city_at(page, index) or name.text in _FEASTS or _before(page, index) in _STREETS:
        return None
    if not (name.capital or (name.before == "-" and _before(page, index) in _AT)):
        return None
    last = index + 1
    while (after := page.word_at(last + 1)) is not None and after.before in ("-", "-l'", "-d'", "'"):
        last += 1
    return last


def _wild(page: Page, index: int) -> int | None:
    """Return the last word of "Lac-Untel", "Rivière-Quelque": joined by hyphens, with a capital."""
    after = page.word_at(index + 1)
    if page.words[index].text not in _WILD or after is None or after.before != "-" or city_at(page, index):
        return None
    article = _before(page, index) in ("la", "le")
    return _joined(page, index) if page.words[index].capital and not article else None


def _water(page: Page, index: int) -> int | None:
    """Return the last word of "lac Untel", the great waters aside."""
    after = page.word_at(index + 1)
    if page.words[index].text not in _WILD or after is None or after.before != " " or not after.capital:
        return None
    last = _joined(page, index + 1)
    told = any(word.text in _GREAT or city_at(page, index + 1) for word in page.words[index + 1 : last + 1])
    return None if told else last


def _is_land_before(page: Page, index: int) -> bool:
    """Tell whether "village de", "réserve d'" or the like stands before a name with a capital."""
    of, land = page.word_at(index - 1), page.word_at(index - 2)
    if of is None or land is None or not page.words[index].capital or page.words[index].before not in (" ", "'"):
        return False
    return of.text in ("de", "du", "des", "d") and of.before == " " and land.text in _LANDS and not city_at(page, index)


def _joined(page: Page, index: int) -> int:
    while (after := page.word_at(index + 1)) is not None and after.before in ("-", "-l'", "-d'"):
        index += 1
    return index
