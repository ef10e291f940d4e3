"""PERSON: given and family names, in capitals or not, by gazetteer and by what the text says around them.

Names that are nothing else count wherever they stand. Names that are also words ("Rose", "Will", "Roy") count where a
capital or the sentence makes them names. Unknown words count where the text says that a name comes, or beside another
person in a list. Titles and kin words stay in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.redact.gazetteers import nobody_phrases, phrase_at
from nlp.redact.page import Page
from nlp.redact.person_context import is_nicknamed, is_something_else
from nlp.redact.person_extent import last_of_name
from nlp.redact.person_start import may_be_listed, why_begins
from nlp.redact.person_told import is_small_name
from nlp.redact.person_words import is_cut
from nlp.redact.spans import Span
from nlp.redact.standins import PERSON

_AND = r"\s{0,2}(?:,|/|\+|&|et|and|ou|or|pis|puis|avec|with)\s{0,2}"
_ANDS = frozenset({"et", "and", "pis", "puis", "ou", "or"})
_LIST_SIGNS = frozenset(",/&+")
_SHORTEST_LIST = 3
_BETWEEN = re.compile(_AND)
_AFTER_STAND_IN, _BEFORE_STAND_IN = re.compile(rf"{PERSON}{_AND}$"), re.compile(_AND + PERSON)


@dataclass(frozen=True, slots=True)
class _Name:
    """A person's name from word `first` to word `last`, both included."""

    first: int
    last: int
    why: str


def find_persons(page: Page) -> Iterator[Span]:
    """Yield the names of people, given and family names together."""
    found = list(_names(page))
    taken = {index for name in found for index in range(name.first, name.last + 1)}
    for name in (*found, *_listed(page, found, taken), *_in_small_lists(page, taken)):
        yield page.word_span(name.first, name.last, "PERSON", name.why)


def _names(page: Page) -> Iterator[_Name]:
    index = 0
    while index < len(page.words):
        skipped = phrase_at(page, index, nobody_phrases())
        why = "" if skipped else why_begins(page, index)
        if not why:
            index += max(skipped, 1)
            continue
        begun = is_cut(page, index) or is_nicknamed(page, index)
        first, last = index - begun, last_of_name(page, index)
        if not is_something_else(page, first, last):
            yield _Name(first, last, why)
        index = last + 1


def _listed(page: Page, found: list[_Name], taken: set[int]) -> Iterator[_Name]:
    """Yield the names in lists with the names found: what follows them first, then what stands before."""
    if not found and PERSON not in page.text:
        return
    ends, starts = {name.last for name in found}, {name.first for name in found}
    for index in range(len(page.words)):
        if index not in taken and may_be_listed(page, index) and _follows(page, index, ends):
            last = last_of_name(page, index)
            taken.update(range(index, last + 1))
            ends.add(last)
            yield _Name(index, last, "listed after a person")
    for index in reversed(range(len(page.words))):
        if index not in taken and may_be_listed(page, index) and _precedes(page, index, starts):
            taken.add(index)
            starts.add(index)
            yield _Name(index, index, "listed before a person")


def _in_small_lists(page: Page, taken: set[int]) -> Iterator[_Name]:
    """Yield the names of lists of three and more words in small letters that may all be names: "jo, will pis gab"."""
    index = 0
    while index < len(page.words):
        last = index
        while last + 1 < len(page.words) and _is_next_of_list(page, last):
            last += 1 + (page.words[last + 1].text in _ANDS)
        if last - index >= _SHORTEST_LIST - 1 and not taken & set(range(index, last + 1)):
            yield from (_Name(at, at, "in a list of names") for at in range(index, last + 1) if not _is_and(page, at))
        index = last + 1


def _is_and(page: Page, index: int) -> bool:
    return page.words[index].text in _ANDS


def _is_next_of_list(page: Page, last: int) -> bool:
    """Tell whether what stands after a name of a list is another: a comma or "and", and a word that may be one."""
    word, after = page.words[last + 1], page.word_at(last + 2)
    joins = word.text in _ANDS
    if not (joins or word.before.strip() in _LIST_SIGNS) or not is_small_name(page.words[last].text):
        return False
    if joins:
        return after is not None and after.before == " " and word.before == " " and is_small_name(after.text)
    return is_small_name(word.text)


def _follows(page: Page, index: int, ends: set[int]) -> bool:
    """Tell whether "PERSON and" stands before a word, the person being found or replaced already."""
    start = page.words[index].start
    if _AFTER_STAND_IN.search(page.text, max(0, start - 10), start):
        return True
    nearest = next((back for back in (index - 1, index - 2) if back in ends), None)
    return nearest is not None and bool(_BETWEEN.fullmatch(page.text, page.words[nearest].end, start))


def _precedes(page: Page, index: int, starts: set[int]) -> bool:
    """Tell whether "and PERSON" stands after a word."""
    end = page.words[index].end
    if _BEFORE_STAND_IN.match(page.text, end):
        return True
    nearest = next((ahead for ahead in (index + 1, index + 2) if ahead in starts), None)
    return nearest is not None and bool(_BETWEEN.fullmatch(page.text, end, page.words[nearest].start))
