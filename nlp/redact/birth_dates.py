"""DATE_OF_BIRTH: a date that the text calls someone's birth or birthday.

Other dates stay, and so does a bare year of birth, which says no more than an age.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.lists import any_of, words
from nlp.redact.page import Page
from nlp.redact.spans import Span
from nlp.redact.standins import PERSON, STAND_IN

_MONTHS = words("months")
_MONTH = rf"(?:{any_of('months')})\b\.?"
_NUMBER = any_of("number_words")
_SPOKEN = rf"(?:{_NUMBER})(?:[ -](?:{_NUMBER})){{0,7}}"
_YEAR = r"(?:19|20)\d{2}"
_DAY = r"\d{1,2}[-/. ]\d{1,2}"
_FIGURES = rf"(?:{_YEAR}[-/. ]{_DAY}|{_DAY}[-/. ](?:{_YEAR}|\d{{2}})|\d{{8}})(?!\d)"
_DAY_FIRST = rf"\d{{1,2}}(?:er|st|nd|rd|th)?[ -]?(?:of )?{_MONTH}(?:[ ,-]{{1,2}}{_YEAR}| '?\d\d(?!\d))?"
_MONTH_FIRST = rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,? {_YEAR})?|{_MONTH} {_YEAR}"
_IN_WORDS = rf"{_SPOKEN} (?:of )?{_MONTH}(?: {_SPOKEN}| {_YEAR})?|{_MONTH} {_SPOKEN}"
_DATE = rf"(?:{_FIGURES}|{_DAY_FIRST}|{_MONTH_FIRST}|{_IN_WORDS})"
_BIRTH = rf"(?:\b(?:{any_of('born')})(?![a-z])|\b(?:{any_of('whose')}) (?:{any_of('birthday')})\b)"
_BORN = ("ne", "nee", "nes", "nees")
_BORN_ON = cued(
    rf"\b(?:ne|nee|nes|nees) (?:le|en) ({_DATE})"
    rf"|\b(?:ne|nee|nes|nees) ({_DAY_FIRST})"
    rf"|\b(?:ne|nee|nes|nees)[ :,(]{{1,3}}({_FIGURES})"
    rf"|\b(?:ne|nee|nes|nees) en {_YEAR} ?[(,]? ?(?:le )?({_DATE})"
    rf"|\b(?:nee|nees)\b[^\d\n.!?]{{0,25}}\b(?:le|en) ({_DATE})",
    also=_BORN,
)
_CUED = cued(rf"{_BIRTH}[.?]?[^\w\n.!?]{{0,3}}(?:[a-z']{{1,4}}[^\w\n.!?]{{1,2}}){{0,3}}({_DATE})", "born", "birthday")
_REVERSED = cued(rf"\b({_DATE})[ ,(]{{1,3}}(?:(?:c'?est |est |is )?{_BIRTH})", "born", "birthday")
_ANOTHER = re.compile(
    rf"{STAND_IN['DATE_OF_BIRTH']},? (?:(?:et|and|pis|moi|lui|elle|me|him|her|mine) ){{0,2}}({_FIGURES})"
)
_AFTER_NAME = re.compile(
    rf"{PERSON}[ ,(:-]{{1,3}}({_YEAR}[-/. ]\d{{1,2}}[-/. ]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_YEAR})(?!\d)"
)
_OF_A_LIFE = re.compile(rf"{PERSON}[ ,(]{{1,3}}({_DAY_FIRST}|{_MONTH_FIRST}) ?- ?(?:{_DAY_FIRST}|{_MONTH_FIRST})")
"""Two dates after a name, as in obituaries: the first is that of birth."""


def find_birth_dates(page: Page) -> Iterator[Span]:
    """Yield dates after (or before) a word for birth or someone's own birthday, and full dates right after a name."""
    if not page.has_digits and _MONTHS.isdisjoint(page.said):
        return
    for match in (*_BORN_ON.finditer(page), *_CUED.finditer(page)):
        yield page.span(*match.span(match.lastindex or 1), "DATE_OF_BIRTH", "date after a word for birth")
    for match in _REVERSED.finditer(page):
        yield page.span(*match.span(1), "DATE_OF_BIRTH", "date before a word for birth")
    for match in _ANOTHER.finditer(page.text):
        yield page.span(*match.span(1), "DATE_OF_BIRTH", "date right after a date of birth")
    yield from _after_name(page) if PERSON in page.text else ()


def _after_name(page: Page) -> Iterator[Span]:
    for match in _AFTER_NAME.finditer(page.text):
        yield page.span(*match.span(1), "DATE_OF_BIRTH", "date after a name")
    for match in _OF_A_LIFE.finditer(page.text):
        yield page.span(*match.span(1), "DATE_OF_BIRTH", "first of two dates after a name")
