"""PHONE, EMAIL, HANDLE: the contacts that `nlp.entities` finds, at every place where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.contacts import normal_contact
from nlp.entities.email import find_emails
from nlp.entities.handle import find_handles
from nlp.entities.phone import find_phones
from nlp.redact.cued import cued
from nlp.redact.gazetteers import is_common, is_word
from nlp.redact.lists import any_of
from nlp.redact.page import Page
from nlp.redact.spans import Span

_ANY_AT = re.compile(r"(?<![\w.@])@ ?[a-z0-9_](?:[a-z0-9._-]{0,28}[a-z0-9_])?")
_CALL = re.compile(rf"\b(?:{any_of('calling')})\b[^\n\d+]{{0,20}}(\+?\d[\d ().-]{{5,18}}\d)(?![\d$%])")
_ADD = cued(
    rf"\b(?:{any_of('adding')})(?:[ -](?:moi|me|us))? ([a-z0-9][a-z0-9._-]{{3,29}}[a-z0-9])"
    rf" (?:sur|on) (?:mon |my |le )?(?:{any_of('networks')})\b",
    "adding",
)
_UNDERSCORED = re.compile(r"(?<![\w.@/-])(?=[a-z0-9.]*_)[a-z0-9_][a-z0-9._]{2,28}[a-z0-9_](?![\w@/-])")
_DOTTED = re.compile(r"(?<![\w.@/:-])[a-z][a-z0-9]*(?:\.[a-z0-9]{2,}){2,5}(?![\w@/-]|\.\w)")
_DOTTED_DIGITS = re.compile(
    rf"(?<![\w.@/:-])(?!(?:{any_of('before_numbers')})\.)(?P<stem>[a-z]{{3,20}})\.(?:[a-z]{{2,20}}\.?)?"
    r"\d{2,4}(?![\w@/%$-]|\.\w| ?(?:[$%]|h\b))"
)
_TAGGED = re.compile(r"(?<![\w.@/-])[a-z0-9._]{2,32}#\d{4}(?!\d)")
_TEN_DIGITS = re.compile(r"(?<![\w$#.,-])[2-9]\d(?:[ .-]?\d){8}(?![\w$%]|[.,]\d)")
_YEARS = re.compile(r"(?:19|20)\d\d ?- ?(?:19|20)\d\d")
_EXTENSION = re.compile(r"[ ,]{0,2}\b(?:poste|ext|extension|x)\.? ?\d{1,6}\b")


def find_contacts(page: Page) -> Iterator[Span]:
    """Yield phones, e-mails and handles, with the @ and the extension that belong to them."""
    for phone in find_phones(page):
        end = _EXTENSION.match(page.text, phone.end)
        yield page.span(phone.start, end.end() if end else phone.end, "PHONE", "phone number", str(phone.value))
    for email in find_emails(page):
        yield page.span(
            email.start, email.end, "EMAIL", "e-mail address", normal_contact("email", str(email.value)).value
        )
    for handle in find_handles(page):
        start = handle.start - page.text.startswith("@", handle.start - 1) if handle.start else 0
        yield page.span(start, handle.end, "HANDLE", "account name", normal_contact("handle", str(handle.value)).value)
    yield from _unrecognised(page)


def _unrecognised(page: Page) -> Iterator[Span]:
    """Yield what the detectors of contacts would not vouch for, but a reader would try."""
    for match in _ANY_AT.finditer(page.text) if "@" in page.text else ():
        yield page.span(match.start(), match.end(), "HANDLE", "@name")
    for match in _ADD.finditer(page):
        if not is_word(match[1]):
            yield page.span(*match.span(1), "HANDLE", "name to add on a network")
    underscored = _UNDERSCORED.finditer(page.text) if "_" in page.text else ()
    for match in (*underscored, *(_TAGGED.finditer(page.text) if "#" in page.text else ())):
        yield page.span(match.start(), match.end(), "HANDLE", "name with an underscore or a number sign")
    dotted = (match for match in _DOTTED_DIGITS.finditer(page.text) if not is_common(match["stem"]))
    for match in (*_DOTTED.finditer(page.text), *dotted):
        yield page.span(match.start(), match.end(), "HANDLE", "words joined by points")
    yield from _called(page) if page.has_digits else ()


def _called(page: Page) -> Iterator[Span]:
    """Yield digits that are called, or that are as many as a phone's."""
    for match in _TEN_DIGITS.finditer(page.text):
        if not _YEARS.search(match[0]):
            yield page.span(match.start(), match.end(), "PHONE", "ten digits")
    for match in _CALL.finditer(page.text):
        if not _YEARS.search(match[1]) and 7 <= sum(char.isdigit() for char in match[1]) <= 15:
            yield page.span(*match.span(1), "PHONE", "digits after a word for calling")
