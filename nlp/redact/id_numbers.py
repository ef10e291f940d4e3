"""ID_NUMBER: numbers that the state, a school, a bank or an employer gives to one person.

Numbers of orders, parcels, models and invoices identify no one and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.lists import any_of
from nlp.redact.page import Page
from nlp.redact.spans import Span

_HEALTH = re.compile(r"(?<![a-z0-9])[a-z]{4}[ .-]{0,2}(\d{2})(\d{2})[ .-]{0,2}(\d{2})\d{2}(?!\d)")
"""Four letters, year, month (51 to 62 for women), day, two digits: health card and permanent school code of Québec."""
_SOCIAL = re.compile(r"(?<![\d$.,-])\d{3}([ .-])\d{3}\1\d{3}(?![\d$%])")
_CARD = re.compile(r"(?<!\d)\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}(?!\d)")
_DRIVER = re.compile(r"(?<![a-z0-9])[a-z]\d{4}[ -]?(?:\d{6}[ -]?\d{2}|\d{5}[ -]?\d{5})(?!\d)")
_CLIENT = re.compile(r"(?<![\w.-])[a-z]{1,2}-?\d{8,10}(?![\w-])")
"""One or two letters and eight to ten digits: permits, passports, client numbers of immigration."""
_GAP = rf"(?:[^\w\n$]|\b(?:{any_of('before_document_numbers')})\b){{0,9}}"
_WORDS = (
    "et|ou|de|la|le|du|au|un|en|ca|ce|se|te|tu|ma|ta|sa|je|il|si|"
    "is|my|in|or|on|to|at|if|it|by|as|an|so|no|we|he|me|do|am|pm"
)
"""Words of two letters that may stand after a number; other two letters belong to it."""
_CODE = rf"(?<![a-z0-9])((?:[a-z]{{1,4}}-?)?\d(?:[ .-]?\d){{4,17}}(?:[ -]?(?!{_WORDS})[a-z]{{2}}(?![a-z]))?)(?![\d$%])"
_CUED = re.compile(rf"\b(?:{any_of('documents')})\b{_GAP}{_CODE}")


_SOCIAL_WORD = re.compile(r"\b(?:nas|sin|assurance sociale|social insurance)\b")
_STAFF = re.compile(rf"\b(?:{any_of('staff_numbers')})\b{_GAP}((?:[a-z]{{1,3}}-?)?\d{{3,8}}(?:-\d{{1,4}})?)(?![\w$%])")
_ENDS = cued(
    rf"\b(?:{any_of('ends_of_numbers')})(?: (?:par|en|avec|in|with|sont|are|les|is|de))?"
    r"[^\w\n$]{1,3}(?!(?:19|20)\d\d)(\d{3,4})(?![\d$%]| ?(?:h|km|\$)|[.,:]\d)",
    "ends_of_numbers",
)
_PAPER = re.compile(rf"\b(?:{any_of('documents', 'papers_with_numbers')})\b")
_NEAR = 60
"""How far from its number the word for it stands, in characters."""


def find_id_numbers(page: Page) -> Iterator[Span]:
    """Yield identity numbers by their shape and check digit, or by the words before them."""
    if not page.has_digits:
        return
    for match in _HEALTH.finditer(page.text):
        if _is_birth(int(match[2]), int(match[3])):
            yield _span(page, match, 0, "shape of a health card or permanent code")
    for match in _SOCIAL.finditer(page.text):
        if passes_luhn(match[0]) or _SOCIAL_WORD.search(page.text, max(0, match.start() - _NEAR), match.end() + _NEAR):
            yield _span(page, match, 0, "social insurance number")
    yield from (_span(page, match, 1, "number of somebody at work or school") for match in _STAFF.finditer(page.text))
    for match in _CARD.finditer(page.text):
        if match[1] or passes_luhn(match[0]):
            yield _span(page, match, 0, "payment card number")
    yield from (_span(page, match, 0, "shape of a driver's licence") for match in _DRIVER.finditer(page.text))
    yield from (
        _span(page, match, 0, "shape of a permit, passport or client number") for match in _CLIENT.finditer(page.text)
    )
    for match in _ENDS.finditer(page):
        if _PAPER.search(page.text, max(0, match.start() - _NEAR), match.end() + _NEAR):
            yield _span(page, match, 1, "last digits of a card or document")
    yield from (_span(page, match, 1, "number after the name of a document") for match in _CUED.finditer(page.text))


def _span(page: Page, match: re.Match[str], group: int, why: str) -> Span:
    return page.span(*match.span(group), "ID_NUMBER", why, re.sub(r"\W", "", match[group]))


def _is_birth(month: int, day: int) -> bool:
    return (1 <= month <= 12 or 51 <= month <= 62) and 1 <= day <= 31


def passes_luhn(number: str) -> bool:
    """Tell whether the digits of a number satisfy the check of ISO/IEC 7812, as social insurance numbers do."""
    digits = [int(char) for char in number if char.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return any(digits) and (sum(digits[::2]) + sum(doubled)) % 10 == 0
