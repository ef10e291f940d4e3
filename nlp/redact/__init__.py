"""Redaction: what identifies people is replaced by [PERSON_1], [PHONE_1], …; the rest of the text stays as it is.

Each detector is a file with its context words. All read the folded text, so that disguises count for nothing. What
they find is replaced by stand-ins and the text is read again, since what was found tells of what stands beside it
("[PERSON] et Rox"), until a reading finds nothing more; that is also why redacting a redacted text changes nothing. The
last resort, words and titles with capitals that nothing explains, is tried where nothing else finds anything, and
after the last reading of a text so hostile that 20 readings do not come to its end. Where that finds nothing either,
every word and number left is weighed by what stands around it, as learnt from texts that people marked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from nlp.clean import clean
from nlp.redact.addresses import find_addresses
from nlp.redact.beside import find_beside
from nlp.redact.birth_dates import find_birth_dates
from nlp.redact.capitals import find_unknown_capitals
from nlp.redact.contacts import find_contacts
from nlp.redact.heads import find_heads
from nlp.redact.id_numbers import find_id_numbers
from nlp.redact.learnt import find_learnt
from nlp.redact.numbering import KeyedNumbering, Numbering
from nlp.redact.organisations import find_organisations
from nlp.redact.page import Page
from nlp.redact.persons import find_persons
from nlp.redact.places import find_places
from nlp.redact.plates import find_plates
from nlp.redact.postal_codes import find_postal_codes
from nlp.redact.schools import find_schools
from nlp.redact.spans import TYPES, Redaction, RedactionType, Span, join, settle
from nlp.redact.standins import ANY, STAND_IN
from nlp.redact.titles import find_unknown_titles
from nlp.redact.urls import find_urls

__all__ = [
    "KeyedNumbering",
    "Numbering",
    "Redacted",
    "Redaction",
    "RedactionType",
    "found_by_rules",
    "left_by_rules",
    "redact",
]

Detector = Callable[[Page], Iterable[Span]]
_DETECTORS: tuple[Detector, ...] = (
    find_contacts,
    find_urls,
    find_id_numbers,
    find_birth_dates,
    find_postal_codes,
    find_addresses,
    find_schools,
    find_organisations,
    find_plates,
    find_places,
    find_persons,
    find_beside,
    find_heads,
)
_LAST_RESORT: tuple[Detector, ...] = (find_unknown_capitals, find_unknown_titles)
_RULES = (_DETECTORS, _LAST_RESORT)
_ALL = (*_RULES, (find_learnt,))
"""Detectors, those of a later group asked only where no earlier one finds anything."""
_PLACEHOLDER = re.compile(rf"\[({'|'.join(TYPES)})_\d+\]")
_READINGS = 20
"""Readings at most; ordinary posts need two or three, the last of which finds nothing."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what identifies people, and where it was taken out, in order."""

    text: str
    redactions: tuple[Redaction, ...]


def redact(text: str, numbering: Numbering | None = None) -> Redacted:
    """Replace what identifies people; offsets are into the given text, half-open, and never overlap.

    Values are numbered within the text, or over all texts that are redacted with one shared `numbering`. Placeholders
    already in the text stay. Never raises; NUL and lone surrogates are read as U+FFFD.
    """
    text = clean(text)
    numbers = numbering or Numbering()
    kept = {match[0] for match in _PLACEHOLDER.finditer(text)}
    found = _find_all(text, _ALL)
    pieces, last = [], 0
    for span in found:
        pieces += [text[last : span.start], numbers.placeholder(span.type, span.value, kept)]
        last = span.end
    done = "".join([*pieces, text[last:]])
    return Redacted(done, tuple(Redaction(span.start, span.end, span.type, span.why) for span in found))


def found_by_rules(text: str) -> list[Span]:
    """Return what the rules find, before anything is weighed."""
    return _find_all(clean(text), _RULES)


def left_by_rules(
    text: str, known: Iterable[tuple[int, int, str]] = ()
) -> tuple[Page, Callable[[int, int], tuple[int, int]]]:
    """Return the page that the rules leave, with stand-ins for what they find and for known identifiers.

    `known` are half-open offsets into the text, with their types. Beside it the page's way back: it takes offsets into
    its folded text to those into the given text. What words and numbers weigh is learnt from such pages.
    """
    text = clean(text)
    told = (Span(start, end, _type(type_), "", "") for start, end, type_ in known)
    view = _view(text, [], settle([*found_by_rules(text), *told]))
    return view.page, view.way_back


def _find_all(text: str, groups: Sequence[Sequence[Detector]]) -> list[Span]:
    """Return all spans to redact, in order, none overlapping; offsets into the text."""
    old = [Span(m.start(), m.end(), _type(m[1]), "", "") for m in _PLACEHOLDER.finditer(text)]
    found: list[Span] = []
    for _ in range(_READINGS):
        view = _view(text, old, found)
        new = next((spans for group in groups if (spans := view.find(group))), [])
        if not new:
            break
        found = join(text, [*found, *new])
    else:  # a text that is never read to its end: what nobody vouches for goes all the same
        found = join(text, [*found, *_view(text, old, found).find((*_LAST_RESORT, find_learnt))])
    return found


def _view(text: str, old: Sequence[Span], found: Sequence[Span]) -> _View:
    return _View(text, sorted([*old, *found], key=lambda span: span.start))


def _type(name: str) -> RedactionType:
    return next(type_ for type_ in TYPES if type_ == name)


class _View:
    """The text with a stand-in of one character for each span found so far, and the way back."""

    def __init__(self, text: str, spans: Sequence[Span]) -> None:
        self._starts, self._moves = [0], [0]
        pieces, last, length = [], 0, 0
        for span in spans:
            pieces += [_without_stand_ins(text[last : span.start]), STAND_IN[span.type]]
            length += span.start - last + 1
            last = span.end
            self._starts.append(length)
            self._moves.append(last - length)
        self._text = "".join([*pieces, _without_stand_ins(text[last:])])
        named = (word for span in spans if span.type == "PERSON" for word in span.value.split())
        self.page = Page(self._text, frozenset(word for word in named if len(word) > 2))

    def find(self, detectors: Iterable[Detector]) -> list[Span]:
        """Return what detectors find beside the stand-ins, with offsets into the whole text."""
        page = self.page
        found = (self._located(page, span) for detect in detectors for span in detect(page))
        clear = (span for span in found if span.start < span.end and not ANY.search(self._text, span.start, span.end))
        return [self._whole(span) for span in settle(clear)]

    def way_back(self, start: int, end: int) -> tuple[int, int]:
        """Lead offsets of the folded view back to the whole text."""
        span = self._whole(self._located(self.page, self.page.span(start, end, "PERSON", "")))
        return span.start, span.end

    def _located(self, page: Page, span: Span) -> Span:
        """Lead a span of the folded text back to this view, without blanks at its ends."""
        start, end = page.folded.span(span.start, span.end)
        words = self._text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        return replace(span, start=start, end=end)

    def _whole(self, span: Span) -> Span:
        move = self._moves[bisect_right(self._starts, span.start) - 1]
        return replace(span, start=span.start + move, end=span.end + move)


def _without_stand_ins(text: str) -> str:
    """Replace characters of a text that would be taken for stand-ins; the length stays."""
    return ANY.sub("\ufffd", text)
