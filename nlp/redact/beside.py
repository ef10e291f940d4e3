"""What stands beside a find and belongs to it: "Wickham-[PERSON]", "Florence [PERSON]", "[PERSON] de L'Étoile".

Reads the stand-ins of earlier readings, so it finds nothing before the other detectors have found something.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter

from nlp.fold import fold
from nlp.redact.cued import cued
from nlp.redact.gazetteers import city_at, is_common, names, nobody
from nlp.redact.lists import any_of, words
from nlp.redact.page import Page, Word
from nlp.redact.person_context import KIN, TITLES
from nlp.redact.spans import RedactionType, Span
from nlp.redact.standins import ANY, PERSON, STAND_IN

_TYPE_OF: dict[str, RedactionType] = {char: type_ for type_, char in STAND_IN.items()}
_JOINED_TYPES = frozenset({"PERSON", "PLACE", "SCHOOL", "ORG_LOCAL"})
_LINK = r"-(?:(?:a-la|aux|au|de-la|des|de|du|d|la|le|les|l|et)(?:-|'))?"
_LINKED = re.compile(rf"{_LINK}$")
_LINKS = re.compile(rf"{_LINK}(?=\w)")
_CITIES_TOO = words("cities_that_are_given_names")
_AFTER = re.compile(rf"(?<={PERSON}) (?:(?:de |du |des )?l')?(?=\w)")
_QUOTED = re.compile(
    rf"(?:{PERSON} ?\(?|(?<!\ba )(?<!\bai )(?<!\bas )\b(?:{any_of('announcing_in_quotes')}) ?[:,(]?) ?[\"'«“] ?"
    r"(?P<name>\w[\w-]*(?: \w[\w-]*){0,2}) ?[\"'»”]"
)
_INITIALS = re.compile(
    r"(?<![\w.-])(?!p\.[sm]|m\.[ad]|l\.a|m-[lf]|l-m)(?P<name>[jmpl]\.-?[a-z]\.|[jmpl]-[pfmcldgseba])(?![\w-])"
)
"""Two letters of a name; not "P.S.", "L.A." or sizes."""
_SAID_INITIALS = cued(
    r"\b(?:initials|initiales?)\b[^\w\n]{0,3}(?:(?:sont|are|were|etaient|of|de|d')[^\w\n]{0,3})?"
    r"(?P<name>[a-z](?:[.-]{0,2} ?[a-z](?![a-z])){1,3}\.?)",
    also=("initials", "initiale", "initiales"),
)
_HASHTAG = re.compile(r"#([^\W_]{4,60})")
_HUMP = re.compile(r"[^\W\d_][^\W\d_A-ZÀÂÇÈÉÊËÎÏÔÖÙÛÜ]+")


def find_beside(page: Page) -> Iterator[Span]:
    """Yield what is joined to a find by a hyphen, given and family names right beside a person, hashtags of a name."""
    for match in ANY.finditer(page.text):
        start, type_ = match.start(), _TYPE_OF[match[0]]
        if type_ in _JOINED_TYPES:
            yield from _joined_before(page, start, type_)
            yield from _joined_after(page, start + 1, type_)
        if type_ == "PERSON":
            yield from _named_beside(page, start)
    yield from _hashtags(page)
    for match in (*_QUOTED.finditer(page.text), *_INITIALS.finditer(page.text), *_SAID_INITIALS.finditer(page)):
        if page.as_typed(*match.span("name"))[:1].isupper():
            yield page.span(*match.span("name"), "PERSON", "nickname between quotes, or initials")


def _joined_before(page: Page, start: int, type_: RedactionType) -> Iterator[Span]:
    """Yield "Pointe-aux-" before a place: words with a capital and what links them to the find."""
    link = _LINKED.search(page.text, max(0, start - 8), start)
    word = _word_ending(page, link.start()) if link else None
    if word is None or not _may_be_joined(word):
        return
    yield page.part(word.start, start, type_, "joined to a find by a hyphen")


def _joined_after(page: Page, end: int, type_: RedactionType) -> Iterator[Span]:
    """Yield "-Nord" after a find."""
    link = _LINKS.match(page.text, end)
    index = page.index_at(link.end()) if link else None
    if index is None:
        return
    word = page.words[index]
    if _may_be_joined(word):
        yield page.part(end, word.end, type_, "joined to a find by a hyphen")


def _may_be_joined(word: Word) -> bool:
    return word.capital or (names().is_name(word.text) and word.text not in TITLES and word.text not in KIN)


def _word_ending(page: Page, end: int) -> Word | None:
    """Return the word that ends at an offset."""
    at = bisect_left(page.words, end, key=attrgetter("end"))
    return page.words[at] if at < len(page.words) and page.words[at].end == end else None


def _named_beside(page: Page, start: int) -> Iterator[Span]:
    """Yield the given name right before a person, the family name right after one."""
    if page.text.endswith(" ", 0, start):
        word = _word_ending(page, start - 1)
        if word is not None and _is_given_before(word):
            yield page.part(word.start, word.end, "PERSON", "given name right before a person's name")
    after = _AFTER.match(page.text, start + 1)
    index = page.index_at(after.end()) if after else None
    if index is not None and _is_family_after(page, index):
        yield page.part(start + 1, page.words[index].end, "PERSON", "family name right after a person's name")


def _is_given_before(word: Word) -> bool:
    return word.capital and not word.upper and (names().is_given(word.text) or word.text in _CITIES_TOO)


def _is_family_after(page: Page, index: int) -> bool:
    word = page.words[index]
    if not word.capital or word.upper or len(word.text) < 3 or city_at(page, index):
        return False
    if names().is_name(word.text) or page.as_typed(word.start - 2, word.start) in ("L'", "L’"):
        return True
    return not (is_common(word.text) or word.text in nobody() or word.text in TITLES or word.text in KIN)


def _hashtags(page: Page) -> Iterator[Span]:
    """Yield "#retrouvonsLea": a hashtag with a given name, or one found elsewhere in the text, among its humps."""
    for match in _HASHTAG.finditer(page.text):
        humps = [fold(hump).text for hump in _HUMP.findall(page.as_typed(*match.span(1)))]
        if len(humps) > 1 and any(names().is_sure_given(hump) or hump in page.known_names for hump in humps):
            yield page.span(*match.span(1), "PERSON", "hashtag with a name in it")
