"""The text as the detectors read it: folded, with its words, their capitals, and how they hang together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from nlp.entities.found import Reading
from nlp.fold import fold
from nlp.redact.spans import RedactionType, Span

_WORD = re.compile(r"[^\W\d_]+")
_OPENING = re.compile(r"[^\w\s,'&+-]")
_DIGIT = re.compile(r"\d")
_SEVERAL = re.compile(r"\W+")
_TITLE_LINE = 6
"""Words from which a line with a capital on each is a headline; a shorter one may be a list of names."""


class Word(NamedTuple):
    """A run of letters. `before` is what stands between it and the word before it.

    `capital` says that its capital letter means something: not in a line of capitals, nor in a line where every word
    has one. `opens` says that it begins a sentence, line, quotation or item, where a capital proves little.
    """

    text: str
    start: int
    end: int
    before: str
    capital: bool
    upper: bool
    opens: bool


class Page(Reading):
    """A text under redaction; `known_names` are words of the names found in it so far.

    All offsets are into the folded text, `text`.
    """

    def __init__(self, source: str, known_names: frozenset[str] = frozenset()) -> None:
        super().__init__(fold(source))
        self.known_names = known_names

    @cached_property
    def words(self) -> list[Word]:
        """Return the words in order."""
        return [word for start, end in self._lines() for word in self._words_of(start, end)]

    @cached_property
    def said(self) -> frozenset[str]:
        """The words of the text, each once."""
        return frozenset(word.text for word in self.words)

    @cached_property
    def has_digits(self) -> bool:
        """Whether there is any digit: most posts have none when they are read again, and most numbers need one."""
        return _DIGIT.search(self.text) is not None

    def _lines(self) -> Iterator[tuple[int, int]]:
        start = 0
        for line in self.text.splitlines(keepends=True):
            yield start, start + len(line)
            start += len(line)

    def _words_of(self, start: int, end: int) -> Iterator[Word]:
        matches = list(_WORD.finditer(self.text, start, end))
        cases = [self._case(match.start(), match.end()) for match in matches]
        begins = [match.start() == start or self.text[match.start() - 1] not in "-'" for match in matches]
        telling = _capitals_tell([case for case, first in zip(cases, begins, strict=True) if first])
        last = start
        for match, case in zip(matches, cases, strict=True):
            before = self.text[last : match.start()]
            opens = match is matches[0] or bool(_OPENING.search(before))
            if last == start and start:
                before = "\n" + before
            yield Word(
                match[0], match.start(), match.end(), before, telling and case != "lower", case == "upper", opens
            )
            last = match.end()

    def _case(self, start: int, end: int) -> str:
        """Return "upper", "title" or "lower" for a folded word as it was typed."""
        typed = self.as_typed(start, end)
        if typed == self.text[start:end]:
            return "lower"
        if typed.isupper() and len(typed) > 1:
            return "upper"
        return "title" if typed[:1].isupper() or typed[:1].istitle() else "lower"

    def span(self, start: int, end: int, type_: RedactionType, why: str, value: str = "") -> Span:
        """Make a span; its value is its folded words if none is given."""
        return Span(start, end, type_, value or _SEVERAL.sub(" ", self.text[start:end]).strip(), why)

    def part(self, start: int, end: int, type_: RedactionType, why: str) -> Span:
        """Make a span that is part of a find right beside it, and says what the whole is."""
        return replace(self.span(start, end, type_, why), joins=True)

    def word_span(self, first: int, last: int, type_: RedactionType, why: str) -> Span:
        """Make a span from word `first` to word `last`, both included."""
        return self.span(self.words[first].start, self.words[last].end, type_, why)

    def word_at(self, index: int) -> Word | None:
        """Return a word by its place, None past either end."""
        return self.words[index] if 0 <= index < len(self.words) else None

    @cached_property
    def _places(self) -> dict[int, int]:
        return {word.start: index for index, word in enumerate(self.words)}

    def index_at(self, start: int) -> int | None:
        """Return the place of the word that begins at an offset."""
        return self._places.get(start)


def _capitals_tell(cases: list[str]) -> bool:
    """Tell whether capitals mean something in a line: not where all is in capitals, nor where every word has one."""
    if cases.count("upper") > max(1, 0.5 * len(cases)):
        return False
    return len(cases) < _TITLE_LINE or cases.count("lower") > 0.1 * len(cases)
