"""LICENCE_PLATE: what the text calls a plate, and the shapes of Québec and Ontario plates beside a vehicle."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.lists import any_of
from nlp.redact.page import Page
from nlp.redact.spans import Span

_CUED = cued(
    rf"\b(?:{any_of('plate_words')})\b[^\n\w]{{0,3}}(?:(?:{any_of('before_plates')})[^\n\w]{{1,3}}){{0,3}}"
    r"([a-z0-9]{1,4}[ -]?[a-z0-9]{2,5})(?![a-z0-9])",
    "plate_words",
)
_TOLD = cued(
    rf"\b(?:{any_of('plate_words')})\b[^\n\d]{{0,30}}?(?<![\w-])"
    r"([a-z]\d{2}[ -]?[a-z]{3}|[a-z]{3,4}[ -]?\d{3,4})(?![\w-])",
    "plate_words",
)
_SPELLED = cued(
    rf"\b(?:{any_of('plate_words')})\b[^\n\w]{{0,3}}(?:(?:{any_of('before_plates')})[^\n\w]{{1,3}}){{0,3}}"
    r"((?:[a-z]{1,3}\d{0,3}|\d{1,4})(?:(?:[ -]|,? (?:dash|tiret|hyphen) )(?:\d{1,4}|[a-z])(?![a-z0-9])){2,7})",
    "plate_words",
)
_DASH = re.compile(r"dash|tiret|hyphen", re.IGNORECASE)
_SHAPE = re.compile(r"(?<![\w-])(?:[a-z]\d{2}[ -]?[a-z]{3}|[a-z]{3,4}[ -]\d{3,4}|\d{3}[ -][a-z]{3})(?![\w-])")
_OWN = re.compile(r"[a-z]\d{2} (?!aaa|aa)[a-z]{3}")
"""The shape of Québec's plates, which hardly anything else has."""
_BEGUN = cued(
    rf"\b(?:{any_of('plate_words')})\b[^\n\d]{{0,12}}\b(?:{any_of('begun_or_ended')})"
    r" (?:par |en |with |in )?([a-z0-9]{2,5})\b",
    "plate_words",
)
_VEHICLE = re.compile(rf"\b(?:{any_of('vehicles')})\b")
_NEAR = 60


def find_plates(page: Page) -> Iterator[Span]:
    """Yield plates: letters and digits, five to eight in all."""
    for match in (*_CUED.finditer(page), *_TOLD.finditer(page)):
        if _is_mixed(match[1]):
            yield page.span(*match.span(1), "LICENCE_PLATE", "after a word for a plate", re.sub(r"\W", "", match[1]))
    for match in _SPELLED.finditer(page):
        spelled = _DASH.sub("", page.as_typed(*match.span(1)))
        if _is_mixed(spelled) and spelled.isupper():
            yield page.span(*match.span(1), "LICENCE_PLATE", "spelled after a word for a plate", spelled.lower())
    for match in _BEGUN.finditer(page):
        if any(map(str.isdigit, match[1])) or page.as_typed(*match.span(1)).isupper():
            yield page.span(*match.span(1), "LICENCE_PLATE", "part of a plate", match[1])
    for match in _SHAPE.finditer(page.text) if page.has_digits else ():
        around = page.text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        if page.as_typed(*match.span()).isupper() and (_OWN.fullmatch(match[0]) or _VEHICLE.search(around)):
            yield page.span(
                *match.span(), "LICENCE_PLATE", "a plate's shape beside a vehicle", re.sub(r"\W", "", match[0])
            )


def _is_mixed(plate: str) -> bool:
    plain = re.sub(r"\W", "", plate)
    return 5 <= len(plain) <= 8 and any(map(str.isdigit, plain)) and any(map(str.isalpha, plain))
