"""PLACE: villages, communities and hamlets so small that naming them comes close to naming people. Cities stay."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from nlp.cities import spell_out
from nlp.redact.gazetteers import city_at, nobody, nobody_phrases, phrase_at, small_places, unsure_places
from nlp.redact.lists import words
from nlp.redact.naming import compound_at
from nlp.redact.page import Page, Word
from nlp.redact.spans import Span

_SAINTS = words("saints")
_STREETS = words("no_places_after")
_FEASTS = words("saints_of_feasts")
_AT = words("towards_small_places")
_LANDS = words("words_for_small_places")
_WILD = frozenset({"lac", "riviere", "ile", "anse"})
_HILLY = _WILD | {"mont", "val", "baie", "pointe", "cap"}
_LANDMARKS = words("landmarks")
_OF = frozenset({"a", "au", "aux", "de", "du", "des", "d", "la", "le", "les", "l"})
_GREAT, _PARKS = words("waters_of_all"), words("parks_of_all")
_MOST_JOINED = 16
"""Names of places join no more words than this; hostile text joins thousands."""
_NEEDS_CAPITAL = 6
"""Small places with shorter names than this need a capital: they are often words too."""


def find_places(page: Page) -> Iterator[Span]:
    """Yield small places: those known, unknown ones that begin with "Saint-", and names after "village de"."""
    index = 0  # never twice over the same words: each find goes on from the end of the last
    while index < len(page.words):
        word = page.words[index]
        last, why = _place_at(page, index) if word.capital or _may_begin(word.text) else (None, "")
        if last is not None:
            yield page.word_span(index, last, "PLACE", why)
        index = index + 1 if last is None else last + 1


def _place_at(page: Page, index: int) -> tuple[int | None, str]:
    """Return the last word of the place that begins at a word, None if none does, and why it is one."""
    if count := _known(page, index):
        return index + count - 1, "small place"
    if (last := _saint(page, index)) is not None:
        return last, "place named after a saint, not a known city"
    if (last := _wild(page, index)) is not None:
        return last, "lake, river or island with a capital"
    if (last := _named_land(page, index)) is not None:
        return last, "lake, park or the like by its name"
    if (last := _compound(page, index)) is not None:
        return last, "words with capitals joined as in names of places"
    last = _joined(page, index) if _is_land_before(page, index) else None
    return last, "name after a word for a small place"


@lru_cache(maxsize=1 << 14)
def _may_begin(word: str) -> bool:
    """Tell whether a place may begin with a folded word in small letters."""
    return spell_out(word) in small_places().lengths or any(word in some for some in (_SAINTS, _HILLY, _LANDMARKS))


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
    if page.words[index].text not in _HILLY or after is None or after.before != "-" or city_at(page, index):
        return None
    article = _before(page, index) in ("la", "le")
    return _joined(page, index) if page.words[index].capital and not article else None


def _named_land(page: Page, index: int) -> int | None:
    """Return the last word of "lac Untel", "lac à la Loutre", "parc de la Pointe"; those known to all aside."""
    if page.words[index].text not in _LANDMARKS:
        return None
    first = index + 1
    while (word := page.word_at(first)) is not None and _is_small_link(word):
        first += 1
    if word is None or word.opens or word.before not in (" ", "'"):
        return None
    if not (word.capital or _is_wild(page, index, first)):
        return None
    last = _joined(page, first)
    named = [part.text for part in page.words[first : last + 1]]
    city = city_at(page, first) and not phrase_at(page, first, small_places())
    known = city or not (_GREAT | _PARKS).isdisjoint(named) or nobody().issuperset(named)
    return None if known else last


def _is_small_link(word: Word) -> bool:
    return word.text in _OF and not word.capital and word.before in (" ", "'")


def _is_wild(page: Page, index: int, first: int) -> bool:
    """Tell "lac aux canards", "rivière à la truite" in small letters from "lac de montagne"."""
    links = tuple(word.text for word in page.words[index + 1 : first])
    return page.words[index].text in _WILD and links in (("aux",), ("a", "la"), ("a", "l"))


def _is_land_before(page: Page, index: int) -> bool:
    """Tell whether "village de", "réserve d'" or the like stands before a name with a capital."""
    of, land = page.word_at(index - 1), page.word_at(index - 2)
    if of is None or land is None or not page.words[index].capital or page.words[index].before not in (" ", "'"):
        return False
    return of.text in ("de", "du", "des", "d") and of.before == " " and land.text in _LANDS and not city_at(page, index)


def _joined(page: Page, index: int) -> int:
    """Return the last of the words that hyphens join, "l'" and "d'" among them."""
    end = index + _MOST_JOINED
    while (
        index < end
        and (after := page.word_at(index + 1)) is not None
        and (after.before in ("-", "-l'", "-d'") or (after.before == "'" and page.words[index].text in ("l", "d")))
    ):
        index += 1
    return index


def _compound(page: Page, index: int) -> int | None:
    """Return the last word of "Val-des-Cèdres", "Pointe-aux-Untels": linked by hyphens as names of places are."""
    word, link = page.words[index], page.word_at(index + 1)
    if not word.capital or link is None or link.before != "-" or link.text not in _OF or link.capital:
        return None
    if city_at(page, index) or phrase_at(page, index, nobody_phrases()) or word.before[-1:] == "-":
        return None
    last = _joined(page, index)
    named = any(part.capital for part in page.words[index + 2 : last + 1])
    return last if named and not compound_at(page, index) else None
