"""Collected text, made harmless to look at: no link, no hidden direction mark, evidence in view.

Everything here is plain text for the templates to escape; nothing returns markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_TLDS = (
    "ca|com|net|org|info|biz|io|me|gg|ly|app|link|xyz|site|online|club|shop|live|tv|to|cc|co|fr|eu|us|uk|example|test"
)
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,20})://(?P<host>[^\s/?#<>\"']{1,300})"
    rf"|(?<![\w@.-])(?P<bare>(?:[\w-]{{1,63}}\.){{1,8}}(?:{_TLDS}))(?![\w-])",
    re.IGNORECASE,
)
_HIDDEN = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}
"""Marks that turn the direction of text: shown instead of obeyed."""
_HIDDEN |= {code: f"[U+{code:04X}]" for code in (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)}
_HIDDEN |= {code: f"[U+{code:04X}]" for code in (0x200B, 0x2060, 0xFEFF, *range(0xE0000, 0xE0080))}
"""Letters of no width, and those that carry text nobody sees; the joiners that emoji and names need stay."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Why some words stand out: the signal and the criterion, None where the model's words carried it."""

    signal: str
    criterion: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text under the same marks."""

    text: str
    marks: tuple[Mark, ...]
    closing: tuple[str, ...] = ()
    """Criteria of the marks that end with it: where their ids are shown, once for each."""

    @property
    def criteria(self) -> tuple[str, ...]:
        """Return the criteria of its marks, each once."""
        return _criteria(self.marks)


def inert(text: str) -> str:
    """Return a text with its addresses defanged (`hxxps://exemple[.]com`) and its hidden marks shown."""
    return "".join(_harmless(text))


def pieces(text: str, spans: Iterable[tuple[int, int, Mark]], start: int = 0, end: int | None = None) -> list[Piece]:
    """Cut text[start:end] where marks begin and end; overlapping marks share the words between them.

    Spans are half-open offsets into `text`; those that lie outside of it are ignored.
    """
    end = len(text) if end is None else min(end, len(text))
    known = [(max(a, start), min(b, end), mark) for a, b, mark in spans if a < end and b > start and a < b]
    cuts = sorted({start, end, *(a for a, _, _ in known), *(b for _, b, _ in known)})
    shown = _harmless(text)
    return [_piece("".join(shown[a:b]), a, b, known) for a, b in pairwise(cuts)]


def _piece(shown: str, start: int, end: int, known: Sequence[tuple[int, int, Mark]]) -> Piece:
    over = [(b, mark) for a, b, mark in known if a <= start and end <= b]
    marks = tuple(dict.fromkeys(mark for _, mark in over))
    return Piece(shown, marks, _criteria(mark for b, mark in over if b == end))


def _criteria(marks: Iterable[Mark]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mark.criterion for mark in marks if mark.criterion is not None))


def _harmless(text: str) -> Sequence[str]:
    """Return what is shown for each character."""
    shown = [_HIDDEN.get(ord(char), char) for char in text]
    for found in _URL.finditer(text):
        if found["scheme"] is not None:
            for place in range(*found.span("scheme")):
                shown[place] = "x" if shown[place] in "tT" else shown[place]
        for place in range(*found.span("host" if found["bare"] is None else "bare")):
            shown[place] = "[.]" if shown[place] == "." else shown[place]
    return shown
