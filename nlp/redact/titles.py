"""ORG_LOCAL, the last resort: several words with capitals, one after the other, that nothing else explains.

"travaille au Grain Doré", "at Sunny Side Tanning": in running text, words of the language that bear capitals together
are the name of a business, a house, a team. Brands, cities, peoples and the bodies of the whole province stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from nlp.redact.gazetteers import city_at, nobody, nobody_phrases, phrase_at
from nlp.redact.lists import words
from nlp.redact.naming import compound_at
from nlp.redact.page import Page
from nlp.redact.person_context import KIN, TITLES
from nlp.redact.spans import Span

_INSIDE = words("inside_titles")
_BODIES = words("bodies_of_all")
_SMALL = _INSIDE | words("directions")
_LINKS = (" ", "-", "'", "-l'", "'s ", " & ")
_LONGEST = 7


def find_unknown_titles(page: Page) -> Iterator[Span]:
    """Yield runs of two and more words with capitals inside a sentence."""
    index = 0
    while index < len(page.words):
        last = _run(page, index)
        if last > index and not _is_everybodys(page, index, last):
            yield page.word_span(index, last, "ORG_LOCAL", "several words with capitals")
        index = max(last, index) + 1


def _run(page: Page, first: int) -> int:
    """Return the last word of the run that begins at a word, -1 if none does."""
    if not _counts(page, first) or page.words[first].opens:
        return -1
    last = first
    for index in range(first + 1, min(first + _LONGEST, len(page.words))):
        if page.words[index].before not in _LINKS:
            break
        if _counts(page, index):
            last = index
        elif page.words[index].text not in _INSIDE:
            break
    return last


def _counts(page: Page, index: int) -> bool:
    word = page.words[index]
    return word.capital and not word.upper and len(word.text) > 1


def _is_everybodys(page: Page, first: int, last: int) -> bool:
    """Tell whether a word of a run is a brand, a people, a city, a title or the word for a public body."""
    if first and page.words[first].before == " " and page.words[first - 1].text in _BODIES:
        return True
    if compound_at(page, first):
        return True
    telling = [index for index in range(first, last + 1) if page.words[index].text not in _SMALL]
    return any(
        page.words[index].text in _BODIES
        or page.words[index].text in nobody()
        or page.words[index].text in TITLES
        or page.words[index].text in KIN
        or city_at(page, index)
        or phrase_at(page, index, nobody_phrases())
        for index in telling
    )
