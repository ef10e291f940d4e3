"""Contacts as searches and the index know them: one normal form for each phone number, e-mail and handle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nlp.entities import entities
from nlp.entities.handle import PLATFORM_NAMES
from nlp.fold import fold
from nlp.lexicon import alternatives
from nlp.types import Entities, EntityKind

ContactKind = Literal["phone", "email", "handle"]

_KINDS: tuple[tuple[EntityKind, ContactKind], ...] = (("phones", "phone"), ("emails", "email"), ("handles", "handle"))
_PUNCTUATED_DIGITS = re.compile(r"[\s().\-/+0-9]+")
_REPETITIONS = 20
"""How often one contact may stand in a text and be found everywhere."""
_SPACED_NUMBER = re.compile(
    r"(?<![\w+])(?<!\d[ .\-/])(?:\+?1[ .\-/(]{0,2})?\(?[2-9](?:[ .\-/()]{0,2}\d){2}"
    r"[ .\-/()]{0,2}[2-9](?:[ .\-/()]{0,2}\d){6}(?![ .\-/]{0,2}\d)(?!\w)"
)
_BARE_HANDLE = re.compile(r"(?<![\w@./])(?=[a-z0-9.]*_)[a-z0-9_][a-z0-9._]{1,28}[a-z0-9_](?![\w@])")
_BEGINS_WITH_DATE = re.compile(r"20\d\d[ .\-/][01]?\d[ .\-/][0-3]?\d")
_NOT_DIGIT = re.compile(r"[^0-9]")
_COUNTRY_CODE = re.compile(r"\+1[ .\-(]{0,2}\Z")
_LONGEST_CODE = 4
_DIALLED_ABROAD = re.compile(r"(?:011|00)(?=[1-9][0-9]{9})")
_LABEL = re.compile(rf"(?:{alternatives(PLATFORM_NAMES)})(?: ?[:=] ?| - | )(?=\S)")
"""A platform that stands before an account ("insta: lea", "snap lea")."""
_AROUND_ADDRESS = re.compile(r"\Ahttps?://(?:www\.)?|\Awww\.|[?#].*\Z|/+\Z", re.DOTALL)
_ACCOUNT = re.compile(r"(?:^|/)(?:@|u/|user/)([^/@\s]+)\Z")
"""Who an address or the like is about, where a platform's own way of writing says so ("u/lea", "site.example/@lea")."""
_EMAIL = re.compile(r"[^@/\s]+@[^@/\s]+")


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """A phone number (E.164), e-mail (lower case) or handle (folded, without @)."""

    kind: ContactKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A contact and where it stands in a text, half-open."""

    contact: Contact
    start: int
    end: int


def normal_contact(kind: ContactKind, value: str) -> Contact:
    """Return the contact that a detected value stands for."""
    plain = value.strip() if kind == "phone" else "".join(fold(value).text.split())
    return Contact(kind, plain.lstrip("@") if kind == "handle" else plain)


def contacts_of(found: Entities) -> set[Contact]:
    """Return the contacts among what was detected in a text."""
    return {normal_contact(kind, str(each.value)) for name, kind in _KINDS for each in found[name]}


def find_contacts(text: str) -> list[FoundContact]:
    """Return the contacts in a text, disguised or not, in order; phones before e-mails before handles in an overlap.

    The detectors name each contact once, where it stands first; the text is read again without what was found, until
    nothing more is.
    """
    found: list[FoundContact] = []
    left = text
    for _ in range(_REPETITIONS):
        more = _first_of_each(left)
        if not more:
            break
        found += more
        for one in more:
            left = left[: one.start] + " " * (one.end - one.start) + left[one.end :]
    return sorted(found, key=lambda each: each.start)


def _first_of_each(text: str) -> list[FoundContact]:
    by_kind = entities(text)
    candidates = [
        FoundContact(normal_contact(kind, str(entity.value)), _whole_start(text, kind, entity.start), entity.end)
        for plural, kind in _KINDS
        for entity in by_kind[plural]
    ]
    found: list[FoundContact] = []
    for one in (*candidates, *undetected_contacts(text)):
        if all(one.end <= other.start or other.end <= one.start for other in found):
            found.append(one)
    return found


def _whole_start(text: str, kind: ContactKind, start: int) -> int:
    """Return where a contact begins, with the "+1" that the detectors leave out where more digits follow the number."""
    code = _COUNTRY_CODE.search(text, max(0, start - _LONGEST_CODE), start) if kind == "phone" else None
    return code.start() if code else start


def undetected_contacts(text: str) -> Iterator[FoundContact]:
    """Find what is written like a contact though nothing beside it says so, which the detectors must leave alone.

    Ten digits of North America however they are grouped ("5 1 4-555 01 23"), and words with a low line ("mia_rose22").
    """
    folded = fold(text)
    for match in _BARE_HANDLE.finditer(folded.text) if "_" in folded.text else ():
        yield FoundContact(Contact("handle", match[0]), *folded.span(*match.span()))
    for match in _SPACED_NUMBER.finditer(folded.text):
        if not _BEGINS_WITH_DATE.match(match[0]):
            digits = _NOT_DIGIT.sub("", match[0])[-10:]
            yield FoundContact(Contact("phone", f"+1{digits}"), *folded.span(*match.span()))


def read_identifier(text: str) -> list[Contact]:
    """Return the contacts that one entry of a list of identifiers names; none if it is blank.

    The name of a platform before an account says where it is, not whose. What no detector knows is still an
    identifier: digits are a phone number, the rest a handle, an address or an e-mail as typed.
    """
    plain = fold(text).text.strip(" \n,;:")
    found = find_contacts(text)
    labelled = _LABEL.match(plain)
    if labelled and not (found and _ends_with(text, found[-1])):
        plain = plain[labelled.end() :]
        found = find_contacts(plain)
    if found:
        return [each.contact for each in found]
    digits = _NOT_DIGIT.sub("", plain)
    if len(digits) >= 7 and _PUNCTUATED_DIGITS.fullmatch(plain):
        return [Contact("phone", _international(plain, digits))]
    compact = "".join(plain.split()).lstrip("@")
    return [_as_typed(compact)] if compact else []


def _ends_with(text: str, found: FoundContact) -> bool:
    return not any(map(str.isalnum, text[found.end :]))


def _as_typed(compact: str) -> Contact:
    bare = _AROUND_ADDRESS.sub("", compact) if "/" in compact else compact
    account = _ACCOUNT.search(bare)
    return normal_contact("email" if _EMAIL.fullmatch(bare) else "handle", account[1] if account else bare or compact)


def _international(plain: str, digits: str) -> str:
    """Return E.164; ten digits are North American, 011 and 00 are dialled for the plus."""
    abroad = _DIALLED_ABROAD.match(digits)
    if abroad and not plain.startswith("+"):
        return f"+{digits[abroad.end() :]}"
    return f"+1{digits}" if len(digits) == 10 and not plain.startswith("+") else f"+{digits}"
