"""POSTAL_CODE: Canadian postal codes, and their first half where the text calls it one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.page import Page
from nlp.redact.spans import Span

_FIRST, _LETTER, _DIGIT = "[abceghj-nprstvxy]", "[abceghj-nprstv-z]", "[0-9o]"
_SAID_WORDS = r"\b(?:code postal|postal code|zip(?: code)?|cp)\b"
_CODE = re.compile(rf"(?<![a-z0-9]){_FIRST}{_DIGIT}{_LETTER}[ .-]{{0,2}}{_DIGIT}{_LETTER}{_DIGIT}(?![a-z0-9])")
_SAID = re.compile(rf"{_SAID_WORDS}[^\n\d]{{0,40}}?\b([a-z]\d[a-z][ .-]{{0,2}}\d[a-z]\d)(?![a-z0-9])")
_HALF = re.compile(rf"{_SAID_WORDS}[^\n\d]{{0,20}}?\b({_FIRST}\d{_LETTER})(?![a-z0-9])")


def find_postal_codes(page: Page) -> Iterator[Span]:
    """Yield postal codes; one without a digit ("pop") is none."""
    if not page.has_digits:
        return
    for match in _CODE.finditer(page.text):
        code = re.sub(r"[ .-]", "", match[0])
        if sum(char.isdigit() for char in code) >= 2:
            yield page.span(match.start(), match.end(), "POSTAL_CODE", "postal code", code)
    for match in _SAID.finditer(page.text):
        yield page.span(*match.span(1), "POSTAL_CODE", "after the words for a postal code", re.sub(r"\W", "", match[1]))
    for match in _HALF.finditer(page.text):
        yield page.span(*match.span(1), "POSTAL_CODE", "first half of a postal code")
