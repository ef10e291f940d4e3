"""What the detectors share: the text they read, and what they answer with before offsets are led back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nlp.entities.numbers import Numeral, numerals
from nlp.fold import Folded


class Reading:
    """A folded text, with the numbers in it found once for all detectors."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        self.text = folded.text

    @cached_property
    def numerals(self) -> list[Numeral]:
        """The whole numbers below 1,000 in digits or words."""
        return numerals(self.text)

    def as_typed(self, start: int, end: int) -> str:
        """Return the original spelling of a folded span."""
        first, last = self.folded.span(start, end)
        return self.folded.source[first:last]


@dataclass(frozen=True, slots=True)
class Found:
    """One entity; `start` and `end` are offsets into the folded text, half-open."""

    value: str | int | float
    start: int
    end: int
    extra: tuple[tuple[str, str], ...] = ()
