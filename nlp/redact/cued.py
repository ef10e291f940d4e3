"""Patterns that hold a word of some lists: a page without any of these words need not be searched for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nlp.lexicon import word_lists
from nlp.redact.page import Page

_RUN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Cued:
    """A pattern, and words of which one stands, whole, in all that it matches."""

    pattern: re.Pattern[str]
    cues: frozenset[str]

    def finditer(self, page: Page) -> Iterator[re.Match[str]]:
        """Yield what the pattern matches in a page."""
        return iter(()) if self.cues.isdisjoint(page.said) else self.pattern.finditer(page.text)


def cued(pattern: str, *lists: str, also: Iterable[str] = ()) -> Cued:
    """Make a pattern of which each match holds an entry of some lists of context words, or one of some more words."""
    phrases = [*(phrase for name in lists for phrase in word_lists("redaction")[name]), *also]
    return Cued(re.compile(pattern), frozenset(map(_first_word, phrases)))


def _first_word(phrase: str) -> str:
    found = _RUN.search(phrase)
    if found is None:
        raise ValueError(f"{phrase!r} holds no word")
    return found[0]
