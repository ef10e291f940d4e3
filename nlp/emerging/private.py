"""What is held back because it may name a person, whatever its figures.

Known words are held back where most of their uses are redacted, or are as names are used: after "dm", "avec" or "chez",
before a verb of people, or with a capital letter. An unknown word may be slang or a name: one use that redaction takes
for a person, contact, address or school is enough, as is an author's name that holds it, or a quarter of such uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache

from nlp.emerging.terms import Met, is_known, terms
from nlp.entities.handle import PLATFORM_NAMES
from nlp.lexicon import word_lists
from nlp.redact import redact
from nlp.redact.learnt import UNLISTED
from nlp.redact.lists import words as redaction_words
from nlp.tokens import plain_words, tokens

_MOST_PERSONAL = 0.25
"""The share of uses as names are used from which an unknown word is taken for one."""
_BLANKS = re.compile(r"[\s:@'’\"«(-]{1,3}")
_ENDS = ".!?…:;|•-\r\n"
"""Marks after which a capital letter says nothing: they end a sentence, line or item."""
_QUOTES = " \t\"'«“("
_NEAR = 40
"""Characters on each side of a word that are looked at."""
_AGE = re.compile(r"[\s,(]{1,2}\d{2}(?!\d)")
_SEVERAL = re.compile(r"[\W_]+")


def author_words(authors: Collection[str]) -> frozenset[str]:
    """Return the words that authors call themselves by, whole names written as one word among them."""
    parts = {word for author in authors for word in plain_words(author)}
    return frozenset(parts | {_SEVERAL.sub("", "".join(plain_words(author))) for author in authors})


class Readings:
    """Texts read once for what identifies people in them: redaction is the costly part."""

    def __init__(self, texts: Sequence[str], authors: Collection[str], holders: Callable[[str], Sequence[int]]) -> None:
        """`holders` says for a term which texts hold it, by their places."""
        self._texts = texts
        self._authors = author_words(authors)
        self._holders = holders
        self._redacted: dict[int, list[tuple[int, int]]] = {}
        self._uses: dict[int, dict[str, list[Met]]] = {}
        self._harmless: dict[str, bool] = {}

    def names_nobody(self, term: str) -> bool:
        """Tell whether a term may be listed, by all uses of it and of its unknown words."""
        uses = self._uses_of(term)
        hidden = sum(self._is_redacted(place, met) for place, met in uses)
        unknown = [word for word in term.split() if not is_known(word)]
        if hidden * 2 > len(uses) or (hidden and unknown) or self._is_alias(term, uses):
            return False
        return all(map(self._is_harmless, unknown))

    def _is_alias(self, term: str, uses: Sequence[tuple[int, Met]]) -> bool:
        """Tell whether known words are what somebody goes by ("lune", "ange noir"), as authors do or most uses show."""
        personal = sum(_is_as_a_name(self._texts[place], met) for place, met in uses)
        return personal * 2 > len(uses) or (" " in term and term.replace(" ", "") in self._authors)

    def _is_harmless(self, word: str) -> bool:
        """Tell whether an unknown word is hardly anybody's name."""
        if word not in self._harmless:
            uses = self._uses_of(word)
            personal = sum(_is_as_a_name(self._texts[place], met) for place, met in uses)
            hidden = any(self._is_redacted(place, met) for place, met in uses)
            rarely = personal < _MOST_PERSONAL * len(uses)
            self._harmless[word] = rarely and not hidden and word not in self._authors
        return self._harmless[word]

    def _uses_of(self, term: str) -> list[tuple[int, Met]]:
        return [(place, met) for place in self._holders(term) for met in self._met(place).get(term, ())]

    def _met(self, place: int) -> dict[str, list[Met]]:
        if place not in self._uses:
            found: dict[str, list[Met]] = {}
            for met in terms(self._texts[place]):
                found.setdefault(met.term, []).append(met)
            self._uses[place] = found
        return self._uses[place]

    def _is_redacted(self, place: int, met: Met) -> bool:
        if place not in self._redacted:
            found = redact(self._texts[place]).redactions
            # Slang that is new is in no list either: that alone makes nobody's name of it.
            self._redacted[place] = [(one.start, one.end) for one in found if one.why != UNLISTED]
        return any(start < met.end and met.start < end for start, end in self._redacted[place])


def _is_as_a_name(text: str, met: Met) -> bool:
    """Tell whether a word stands as a name does: with a capital, after a word before people, or before their verb."""
    before = text[max(0, met.start - _NEAR) : met.start]
    after = text[met.end : met.end + _NEAR]
    typed, told = text[met.start : met.end], before.rstrip(_QUOTES)
    if typed[:1].isupper() and typed[1:].islower() and told and told[-1] not in _ENDS:
        return True
    if _AGE.match(text, met.end):
        return True
    last = tokens(before)[-1:]
    first = tokens(after)[:2]
    cued = bool(last) and last[0].folded in _before() and _BLANKS.fullmatch(before, last[0].end) is not None
    follows = {first[0].folded, "'".join(token.folded for token in first)} if first else set()  # "dit", "m'a"
    return cued or (not _after().isdisjoint(follows) and after[: first[0].start].isspace())


@cache
def _before() -> frozenset[str]:
    lists = word_lists("emerging")
    people = (redaction_words("before_people") - frozenset(lists["too_common"])) | redaction_words("titles")
    people |= redaction_words("kin") | redaction_words("called")
    return people | frozenset(lists["people_before"]) | frozenset(PLATFORM_NAMES)


@cache
def _after() -> frozenset[str]:
    return frozenset(word_lists("emerging")["people_after"]) | redaction_words("verbs_of_people")
