"""ORG_LOCAL: named shops, community groups, clinics, churches, bars of one place. Brands stay.

A public body is told by a city's name ("CLSC de Limoilou"); a shop only by its own ("resto Le Vieux Poêle", not "resto
de Laval").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.gazetteers import is_common, nobody_phrases, phrase_at
from nlp.redact.lists import any_of, words
from nlp.redact.naming import begins_at, is_nobodys, is_only_place, named_before, next_word, reaches_back_to, reaches_to
from nlp.redact.page import Page
from nlp.redact.spans import Span

_BEFORE = cued(
    rf"\b(?:(?P<public>{any_of('public_before')})|(?:{any_of('shops_before')}))(?= |,? ?\")",
    "public_before",
    "shops_before",
)
_AFTER = cued(
    rf"\b(?:(?P<public>{any_of('public_after')})|(?:{any_of('shops_after')}))\b", "public_after", "shops_after"
)
_PARTNERS = any_of("firm_partners")
_FIRM = cued(
    rf"(?: ?& ?(?:{_PARTNERS})| (?P<spelled>(?:et|and) (?:{_PARTNERS}))| (?:{any_of('firm_kinds')}))\b\.?",
    "firm_partners",
    "firm_kinds",
)
_CLASS = re.compile(r"\b[a-z]{4,} [mu]\d{1,2}(?: (?:aaa|aa|bb|cc|a|b|c))?\b(?: de [a-z-]{3,}\b)?")
_ACRONYMS = ("as", "fc", "cs", "cf", "sc", "us")
_CLUB = cued(rf"(?:\b(?P<acronym>{'|'.join(_ACRONYMS)}) (?P<name>[a-z'-]{{3,}}))\b", also=_ACRONYMS)
_ARTICLES = words("before_shop_names")
_PARKS = words("parks_of_all")
_SAINTS = words("saints")
_WITH_CAPITAL = words("shop_words_that_need_a_capital")


def find_organisations(page: Page) -> Iterator[Span]:
    """Yield local organisations, the word for what they are included."""
    for match in _BEFORE.finditer(page):
        if match[0] == "parc" and _is_park_of_all(page, next_word(page, match.end())):
            continue
        last = _last_of_name(
            page, next_word(page, match.end()), public=bool(match["public"]) or _is_titled(page, match)
        )
        if last is not None:
            yield page.span(match.start(), page.words[last].end, "ORG_LOCAL", "name after a word for an organisation")
    for match in _AFTER.finditer(page):
        first = _first_of_name(page, match)
        if first is not None:
            yield page.span(page.words[first].start, match.end(), "ORG_LOCAL", "name before a word for an organisation")
    for match in _FIRM.finditer(page):
        yield from _firm(page, match)
    yield from _teams(page)


def _is_titled(page: Page, match: re.Match[str]) -> bool:
    """Tell "Serres Belle-Rive" inside a sentence: a capital on what it is, and the name at once."""
    what = page.word_at(next_word(page, match.start()))
    after = page.word_at(next_word(page, match.end()))
    return what is not None and after is not None and what.capital and not what.opens and after.capital


def _teams(page: Page) -> Iterator[Span]:
    """Yield "Harfangs M18 de Chomedey", "AS Rivière": teams by their age class or their acronym."""
    for match in _CLASS.finditer(page.text) if page.has_digits else ():
        word = page.word_at(next_word(page, match.start()))
        if word is not None and word.capital and not is_common(word.text):
            yield page.span(*match.span(), "ORG_LOCAL", "team with its class")
    for match in _CLUB.finditer(page):
        acronym, name = (page.word_at(next_word(page, match.start(part))) for part in ("acronym", "name"))
        if acronym is not None and name is not None and acronym.upper and name.capital:
            yield page.span(*match.span(), "ORG_LOCAL", "team with its acronym")


def _is_park_of_all(page: Page, first: int) -> bool:
    return any(word.text in _PARKS for word in page.words[first : first + 3])


def _firm(page: Page, match: re.Match[str]) -> Iterator[Span]:
    """Yield "Pothier & Fils Excavation", "Toitures Gendron inc."; "Karine et fille" is none."""
    index = next_word(page, match.start()) - 1
    first = reaches_back_to(page, index) if index >= 0 and page.words[index].end == match.start() else None
    if first is None or (match["spelled"] and not page.words[index + 2].capital):
        return
    after = page.word_at(next_word(page, match.end()))
    end = after.end if after is not None and after.capital and after.before == " " else match.end()
    yield page.span(page.words[first].start, end, "ORG_LOCAL", "name of a firm")


def _last_of_name(page: Page, first: int, *, public: bool) -> int | None:
    if not begins_at(page, first) or not (public or _is_own_name(page, first)):
        return None
    last = reaches_to(page, first)
    if last is None or public:
        return last
    brand = is_nobodys(page, first, last) or phrase_at(page, first, nobody_phrases())
    told = page.words[first].text in _SAINTS or not is_only_place(page, first, last)
    return last if told and not brand else None


def _is_own_name(page: Page, first: int) -> bool:
    """Tell "resto Le Vieux Poêle", "ferme du Bout" from "resto de Laval": a shop's own name begins with a capital."""
    word, after = page.words[first], page.word_at(first + 1)
    if word.capital:
        return not (word.upper and is_common(word.text))
    return word.text in _ARTICLES and after is not None and after.capital and not after.before.strip(" '")


def _first_of_name(page: Page, match: re.Match[str]) -> int | None:
    first = named_before(page, match.start(), needs_capital=match[0] in _WITH_CAPITAL)
    if first is None:
        return None
    last = (page.index_at(match.start()) or 0) - 1
    told = match["public"] or not is_only_place(page, first, last)
    return first if told and not is_nobodys(page, first, last) and page.words[last].capital else None
