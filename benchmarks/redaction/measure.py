"""Leak and over-redaction of a finder of identifiers, with bootstrap intervals over texts."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.redaction.planted import Planted
from nlp.fold import fold
from nlp.redact.lists import words

Finder = Callable[[str], Iterable[tuple[int, int]]]
GENERIC = words("parts_that_tell_nobody_apart")
"""Folded words that tell nobody apart; left or taken out, they count for nothing inside an identifier."""
_WORD = re.compile(r"\w+")
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one text: its identifiers, those that leaked, its innocent characters, those removed."""

    identifiers: int
    leaked: tuple[tuple[int, int, str], ...]
    innocent: int
    removed: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A share, and the middle 95 % of its bootstrap draws."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def outcome(case: Planted, found: Iterable[tuple[int, int]]) -> Outcome:
    """Judge the spans found in one text."""
    gone, guilty = _marks(case.text, found), _marks(case.text, [(start, end) for start, end, _ in case.spans])
    leaked = tuple(span for span in case.spans if is_left(case.text, gone, span[0], span[1]))
    removed = sum(out > bad for out, bad in zip(gone, guilty, strict=True))
    return Outcome(len(case.spans), leaked, guilty.count(0), removed)


def is_left(text: str, gone: bytearray, start: int, end: int) -> bool:
    """Tell whether a letter or digit of an identifier is left that tells people apart."""
    found = (match.span() for match in _WORD.finditer(text, start, end))
    return any(not all(gone[a:b]) and fold(text[a:b]).text not in GENERIC for a, b in found)


def _marks(text: str, spans: Iterable[tuple[int, int]]) -> bytearray:
    marks = bytearray(len(text))
    for start, end in spans:
        marks[start:end] = b"\1" * (end - start)
    return marks


def leak(outcomes: Sequence[Outcome]) -> Figure:
    """Return the share of identifiers of which something is left."""
    return _share([(len(one.leaked), one.identifiers) for one in outcomes])


def over_redaction(outcomes: Sequence[Outcome]) -> Figure:
    """Return the share of innocent characters that were removed."""
    return _share([(one.removed, one.innocent) for one in outcomes])


def _share(pairs: Sequence[tuple[int, int]]) -> Figure:
    """Return the ratio of two sums over texts; the interval draws whole texts, whose identifiers hang together."""
    draw = random.Random(9)
    shares = sorted(_ratio(draw.choices(pairs, k=len(pairs))) for _ in range(_DRAWS))
    return Figure(_ratio(pairs), shares[int(0.025 * _DRAWS)], shares[int(0.975 * _DRAWS)])


def _ratio(pairs: Sequence[tuple[int, int]]) -> float:
    return sum(part for part, _ in pairs) / max(1, sum(whole for _, whole in pairs))
