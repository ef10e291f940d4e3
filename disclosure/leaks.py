"""The leak scan: everything that any detector sees in a finished file, told by file, row and reason, never by value.

Columns of a data dictionary are closed: what they may hold is listed, and anything else is a leak whatever it looks
like. Everything else is read as text by all detectors, each of which may be wrong in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from disclosure.classes import Row
from disclosure.known import KnownValues
from nlp.contacts import find_contacts
from nlp.redact import redact

Admitted = frozenset[str] | re.Pattern[str]
"""What a closed column may hold: these values, or whatever matches from end to end."""
Detector = Literal["dictionary", "redaction", "contacts", "patterns", "known"]
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
_PATTERNS = {
    "e-mail": re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+"),
    "address of a page": re.compile(r"(?i)\b(?:https?://|www\.)\S+"),
    "account": re.compile(r"(?<![\w@])@\w[\w.]{2,}"),
    "long number": re.compile(r"(?<!\w)\+?\d(?:[ ().\-/]{0,3}\d){6,}(?!\w)"),
    "postal code": re.compile(r"(?i)\b[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d\b"),
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Where something that identifies may stand: offsets into the cell, half-open, which detector saw it, and why.

    Rows are numbered from 1, without a heading. The value itself is nowhere in it.
    """

    file: str
    row: int
    column: str
    start: int
    end: int
    detector: Detector
    why: str


def scan_rows(
    file: str, rows: Iterable[Row], closed: Mapping[str, Admitted], known: KnownValues | None = None
) -> Iterator[Leak]:
    """Yield what leaks from the rows of a file, in order; memory does not grow with them.

    `closed`: what the columns of the data dictionary may hold. A column that is not among them is read as text, and so
    is its name. Never raises on what a cell holds.
    """
    named: set[str] = set()
    for number, row in enumerate(rows, 1):
        for column, value in row.items():
            text = "" if value is None else str(value)
            yield from (_leak(file, number, column, found) for found in _cell(text, closed.get(column), known))
            if column not in closed and column not in named:
                named.add(column)
                yield from (_leak(file, number, column, found) for found in _text(column, known))


def scan_text(file: str, lines: Iterable[str], known: KnownValues | None = None) -> Iterator[Leak]:
    """Yield what leaks from a file of text (a datasheet, a description), a line as a row."""
    yield from scan_rows(file, ({"": line} for line in lines), {}, known)


_Found = tuple[int, int, Detector, str]


def _leak(file: str, row: int, column: str, found: _Found) -> Leak:
    return Leak(file, row, column, *found)


def _cell(text: str, admitted: Admitted | None, known: KnownValues | None) -> Iterator[_Found]:
    if admitted is None:
        yield from _text(text, known)
    elif isinstance(admitted, frozenset):
        if text not in admitted:
            yield 0, len(text), "dictionary", "not a value of this column"
    elif admitted.fullmatch(text):
        yield from _known(text, known)
    else:
        yield 0, len(text), "dictionary", "not in the form of this column"


def _text(text: str, known: KnownValues | None) -> Iterator[_Found]:
    yield from ((one.start, one.end, "redaction", f"{one.type}: {one.why}") for one in redact(text).redactions)
    bare = _PLACEHOLDER.sub(lambda match: " " * len(match[0]), text)
    yield from _contacts(bare, known)
    for why, pattern in _PATTERNS.items():
        yield from ((*match.span(), "patterns", why) for match in pattern.finditer(bare))
    yield from _known(bare, known)


def _contacts(text: str, known: KnownValues | None) -> Iterator[_Found]:
    for one in find_contacts(text):
        yield one.start, one.end, "contacts", one.contact.kind
        if known is not None and known.holds(one.contact.value):
            yield one.start, one.end, "known", "a value that was taken out, in disguise"


def _known(text: str, known: KnownValues | None) -> Iterator[_Found]:
    if known is not None:
        yield from ((start, end, "known", "a value that was taken out") for start, end in known.find(text))
