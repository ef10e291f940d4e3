"""SCHOOL: named schools, colleges and universities. "école", "cégep" or "high school" without a name stay."""

from __future__ import annotations

from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.lists import any_of, words
from nlp.redact.naming import CONNECTORS, begins_at, named_before, next_word, reaches_to, small_name_before
from nlp.redact.page import Page
from nlp.redact.spans import Span

_BEFORE = cued(
    rf"\b(?:{any_of('schools_before')})(?: (?:{any_of('school_kinds')})\b\.?){{0,4}}(?=[ -])", "schools_before"
)
_AFTER = cued(rf"\b(?:{any_of('schools_after')})\b", "schools_after")
_ACRONYM = cued(rf"(?<!-)\b(?:{any_of('school_acronyms')})\b", "school_acronyms")
_WITH_CAPITAL = words("schools_that_need_a_capital")
_IN_SMALL_LETTERS = words("schools_told_in_small_letters")
_TAUGHT_ELSEWHERE = words("taught_elsewhere")


def _reaches_to(page: Page, first: int) -> int | None:
    """Return the last word of a school's name, in small letters too where hyphens join it: "des grands-pins"."""
    last = reaches_to(page, first)
    of, name = page.words[first], page.word_at(first + 1)
    if last is not None or of.text not in CONNECTORS or name is None or name.before not in (" ", "'"):
        return last
    last = first + 1
    while (after := page.word_at(last + 1)) is not None and after.before == "-":
        last += 1
    return last if last > first + 1 else None


def find_schools(page: Page) -> Iterator[Span]:
    """Yield schools with their names, the word for the school included."""
    for match in _BEFORE.finditer(page):
        first = next_word(page, match.end())
        last = _reaches_to(page, first) if begins_at(page, first) else None
        if last is not None and not _TAUGHT_ELSEWHERE & {word.text for word in page.words[first : last + 1]}:
            yield page.span(match.start(), page.words[last].end, "SCHOOL", "name after a word for a school")
    for match in _AFTER.finditer(page):
        before = named_before(page, match.start(), needs_capital=match[0] in _WITH_CAPITAL)
        if before is None and match[0] in _IN_SMALL_LETTERS:
            before = small_name_before(page, match.start())
        if before is not None:
            yield page.span(page.words[before].start, match.end(), "SCHOOL", "name before a word for a school")
    for match in _ACRONYM.finditer(page):
        yield page.span(*match.span(), "SCHOOL", "acronym of a school")
