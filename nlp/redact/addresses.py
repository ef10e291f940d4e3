"""ADDRESS: where someone can be found: number and street, rural row, post-office box, or "j'habite rue …"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.gazetteers import is_common, names
from nlp.redact.lists import any_of, words
from nlp.redact.naming import next_word, reaches_to
from nlp.redact.page import Page
from nlp.redact.spans import Span
from nlp.redact.standins import STAND_IN

_NUMBER = r"(?<![\w$.,/:-])\d{1,5}(?:[ -]?[a-d](?![a-z']))?(?:[-/]\d{1,5})?"
_SURE, _UNSURE, _AFTER = any_of("street_words"), any_of("street_words_unsure"), any_of("street_words_after")
_WAY = any_of("directions")
_STREET = re.compile(rf"{_NUMBER},? (?:de la |de l'|du |la |le |bis,? )?(?:(?P<sure>{_SURE})|{_UNSURE})\b\.? ?")
_NUMBERED = re.compile(
    rf"{_NUMBER},? ?(?:la )?\d{{1,3}}(?:e|eme|re|er|st|nd|rd|th) (?:{any_of('street_words_numbered')})\b\.?"
)
_ENGLISH = re.compile(
    rf"{_NUMBER},? (?P<name>(?:(?:{_WAY}|old|st|mc)\.? )?(?:[a-z][a-z'-]{{1,20}} ){{1,3}})(?P<type>{_AFTER})\b(?!')\.?"
    r"(?:(?<=road|line)(?: \d{1,3}\b)|(?<=highway)(?: \d{1,3}\b))?"
)
_WITHOUT_STREET = cued(
    rf"\b(?:{any_of('lives')})\b[^\n.!?\d]{{0,12}}(?P<address>{_NUMBER},? (?:de la |de l'|du |des |de )?)", "lives"
)
_UNIT = (
    rf"(?:{any_of('unit_words')})\.? ?#? ?(?:\d{{1,5}}[a-z]?|[a-z]-?\d{{0,4}})\b"
    rf"|#? ?\d{{1,5}}[a-z]? (?:{any_of('units_after')})\b"
)
_NTH = r"(?:\d{1,2}(?:e|er|eme|ieme|st|nd|rd|th)|premier|deuxieme|troisieme|second|third|dernier|top)"
_FLOOR = rf"(?:au |le |du |the )?{_NTH} (?:{any_of('floors')})\b"
_PART = rf"(?:au |le |dans le |du |the |in the |l')?(?:{any_of('parts_of_houses')})\b"
_TAIL = re.compile(rf"(?:,? (?:{_WAY})\b\.?)?(?:[, (]{{1,3}}(?:{_UNIT}|{_FLOOR}|{_PART})){{0,6}}")
_NAMES = STAND_IN["PERSON"] + STAND_IN["PLACE"] + STAND_IN["ADDRESS"]
_NO_AMOUNT = rf"(?!\d| ?[$%€]|[.,]\d| ?(?:{any_of('counted')})\b)"
_RANGE = rf"(?:(?: ?- ?| (?:to|a|et|and) )\d{{1,5}}\b{_NO_AMOUNT})"
_FOUND = re.compile(
    rf"(?:(?<={STAND_IN['ADDRESS']})|(?<={STAND_IN['ADDRESS']}[{STAND_IN['PERSON']}{STAND_IN['PLACE']}]))"
    rf"(?:\.?(?:[, (]{{0,3}}(?:{_UNIT}|{_FLOOR}|{_PART})){{1,6}}|{_RANGE}+|,? (?:{_WAY})\b\.?"
    rf"|,? (?:{any_of('near')}) (?:de la |de l'|de |du |des |la |le |the )?(?=[{_NAMES}]))"
)
_SAINT = re.compile(r"(?<=\b(?:au|du|at) )\d{1,5},? (?:st|ste|saint|sainte)-[a-z]{2,}(?:-[a-z]+)*")
_ROW = r"\d{1,2}(?:e|er|eme) rang|rang \d{1,2}|rr ?#? ?\d"
_ROUTE = rf"{_NUMBER},? (?:la |le |sur la |sur le )?(?:{any_of('numbered_ways')})\.? \d{{1,3}}\b"
_CORNER = cued(
    rf"\b(?:{any_of('corners')}) (?:de la |de l'|de |du |des |la |le )?(?P<one>[\w'-]+(?: [\w'-]+)?) "
    rf"(?:et|pis|and|&|/|avec|x) (?:(?:{_SURE})\.? )?(?:de la |de l'|de |du |des |la |le )?(?P<two>[\w'-]+)",
    "corners",
)
_BOX = r"(?:c\.? ?p\.?|casier postal|p\.? ?o\.? box) \d{1,5}"
_RURAL = re.compile(rf"\b(?:{_ROW}|{_BOX})\b|{_ROUTE}")
_WAYSIDE = re.compile(
    rf"{_NUMBER},? (?P<name>[a-z][a-z'-]{{2,20}}) (?P<way>west|east|north|south|ouest|est|nord|sud)\b"
)
_HOME = cued(rf"\b(?:{any_of('lives')})\b[^\n.!?\d]{{0,30}}?\b(?P<street>(?:{_SURE})\b\.? )", "lives")
_HOME_ENGLISH = cued(
    rf"\b(?:{any_of('lives_on')}) on (?P<name>(?:[a-z][a-z'-]{{1,20}} ){{1,3}})(?:{_AFTER})\b", "lives_on"
)
_SHORT = ("av", "ave", "boul", "blvd", "bd", "ch")
_NAMED = cued(
    rf"\b(?:(?:{'|'.join(_SHORT)})\.? |(?:{any_of('street_words', 'street_words_in_full')}) )",
    "street_words",
    "street_words_in_full",
    also=_SHORT,
)
_ENGLISH_TYPES = ("street", "avenue", "road", "drive", "lane", "crescent", "court", "boulevard")
_NAMED_ENGLISH = cued(rf"\b(?P<name>[a-z][a-z'-]{{2,20}}) (?P<type>{'|'.join(_ENGLISH_TYPES)})\b", also=_ENGLISH_TYPES)
_BY_NUMBER = re.compile(r"(?<![\w$.,/:-])\d{1,3}(?:e|eme|re|er) (?:rue|avenue|rang)\b")
_ARTERIES = words("arteries")
_WORDS_TOO = words("street_types_that_are_words")
_ARTICLES = words("before_street_names")
_STREET_NAMES = words("streets_that_are_words")


def find_addresses(page: Page) -> Iterator[Span]:
    """Yield addresses; "2 places", "3 rues plus loin" or "rue Sainte-Catherine" without a number are none."""
    yield from _numbered(page) if page.has_digits else ()
    for match in _CORNER.finditer(page):
        if all(_is_street_like(page, match, part) for part in ("one", "two")):
            yield _with_tail(page, match.start(), match.end(), "corner of two streets")
    yield from _homes(page)
    yield from _without_number(page)
    for match in _FOUND.finditer(page.text) if STAND_IN["ADDRESS"] in page.text else ():
        yield page.part(*match.span(), "ADDRESS", "floor, door or corner after an address")


def _numbered(page: Page) -> Iterator[Span]:
    """Yield what has a number: "12 rue des Pins", "250 Maple Street", "3e rang", "45 Chestnut West"."""
    for match in _STREET.finditer(page.text):
        last = _street_name(page, match.end(), loose=bool(match["sure"]))
        if last is not None:
            yield _with_tail(page, match.start(), page.words[last].end, "number and street")
    for match in _ENGLISH.finditer(page.text):
        if _is_english(page, match):
            yield _with_tail(page, match.start(), match.end(), "number and street")
    for match in (*_NUMBERED.finditer(page.text), *_SAINT.finditer(page.text), *_RURAL.finditer(page.text)):
        yield _with_tail(page, match.start(), match.end(), "numbered street, row or box")
    for match in _WAYSIDE.finditer(page.text):
        ways = [page.word_at(next_word(page, match.start(part))) for part in ("name", "way")]
        if all(word is not None and word.capital for word in ways):
            yield _with_tail(page, match.start(), match.end(), "number, street and direction")
    for match in _BY_NUMBER.finditer(page.text):
        yield _with_tail(page, match.start(), match.end(), "numbered street")


def _is_street_like(page: Page, match: re.Match[str], part: str) -> bool:
    """Tell "Taschereau", "9e" from "de la table"."""
    word = page.word_at(next_word(page, match.start(part)))
    return match[part][0].isdigit() or (word is not None and word.start < match.end(part) and word.capital)


def _without_number(page: Page) -> Iterator[Span]:
    """Yield streets by name alone, the arteries of big cities aside: "la rue Desmeules" is one of few."""
    for match in _NAMED.finditer(page):
        first = next_word(page, match.end())
        word = page.word_at(first)
        last = reaches_to(page, first) if word is not None and word.start - match.end() <= 0 else None
        if last is None or {word.text for word in page.words[first : last + 1]} & _ARTERIES:
            continue
        if any(word.capital for word in page.words[first : last + 1]):
            yield _with_tail(page, match.start(), page.words[last].end, "street by its name")
    for match in _NAMED_ENGLISH.finditer(page):
        words = [page.word_at(next_word(page, match.start(part))) for part in ("name", "type")]
        if all(word is not None and word.capital and word.text not in _ARTERIES for word in words):
            yield _with_tail(page, match.start(), match.end(), "street by its name")


def _homes(page: Page) -> Iterator[Span]:
    for match in _WITHOUT_STREET.finditer(page):
        last = _street_name(page, match.end(), loose=False)
        if last is not None:
            yield _with_tail(page, match.start("address"), page.words[last].end, "number where someone lives")
    for match in _HOME.finditer(page):
        last = _street_name(page, match.end(), loose=False)
        if last is not None:
            yield _with_tail(page, match.start("street"), page.words[last].end, "street where someone lives")
    for match in _HOME_ENGLISH.finditer(page):
        first = page.index_at(match.start("name"))
        if first is not None and page.words[first].capital:
            yield _with_tail(page, match.start("name"), match.end(), "street where someone lives")


def _street_name(page: Page, start: int, *, loose: bool) -> int | None:
    """Return the last word of a street's name; a loose one may be written without capitals."""
    first = next_word(page, start)
    word = page.word_at(first)
    if word is None or word.start - start > 1:
        return None
    last = reaches_to(page, first)
    return _small_street_name(page, first) if last is None and loose else last


def _small_street_name(page: Page, first: int) -> int | None:
    """Return the last word of a street's name in small letters: "des erables", "principale", "st-denis"."""
    start = first
    while (word := page.word_at(first)) is not None and word.text in _ARTICLES and len(word.before) <= 2:
        first += 1
    if word is None or word.before.strip(" -'"):
        return None
    known = word.text in _STREET_NAMES or not is_common(word.text) or names().is_given(word.text)
    return _hyphened(page, first) if known or first > start else None


def _hyphened(page: Page, first: int) -> int:
    while (after := page.word_at(first + 1)) is not None and after.before == "-":
        first += 1
    return first


def _is_english(page: Page, match: re.Match[str]) -> bool:
    first = page.index_at(match.start("name"))
    if first is None:
        return False
    named = page.words[first : first + len(match["name"].split())]
    if all(word.capital or word.text in ("of", "the") for word in named):
        return True
    known = all(names().is_name(word.text) or not is_common(word.text) for word in named)
    return match["type"] not in _WORDS_TOO and len(named) <= 2 and (known or len(named) == 1)


def _with_tail(page: Page, start: int, end: int, why: str) -> Span:
    tail = _TAIL.match(page.text, end)
    return page.span(start, tail.end() if tail else end, "ADDRESS", why)
