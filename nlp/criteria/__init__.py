"""Criteria of the grid, found in a text with the words that show them.

Patterns (`patterns/fr`, `patterns/en`) show most of them; `structure` those that lie in the layout of a text. A
match that is negated, told as past or told as fiction keeps part of its weight only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp.criteria.context import DAMPING, negated, sentence_bounds, sentence_of
from nlp.criteria.matching import Match, pattern_matcher
from nlp.criteria.structure import age_weight, conflicting_ages, minor_ages, name_lists, tours
from nlp.criteria.words import Word
from nlp.types import Entities, Kind

PAST, FICTION = "T01", "T02"
"""Pattern names that are no criteria: words that put their sentence in the past, or in fiction and hyperbole."""
_ON_ADS = frozenset({"C09", "V04"})
"""Criteria of an ad's layout: in a post, several names or towns show nothing."""
_CONTEXTS = {PAST: "past", FICTION: "fiction"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion or counter-indicator in a text: its words, half-open, and what its context leaves of it."""

    criterion: str
    start: int
    end: int
    weight: float
    context: tuple[str, ...] = ()


def find_criteria(text: str, words: Sequence[Word], found: Entities, kind: Kind) -> list[Finding]:
    """Return every criterion and counter-indicator of a text, by place; linear in the text's length."""
    matches = pattern_matcher().find(words)
    findings = [*_worded(words, matches), *_structural(text, found, kind)]
    if kind != "ad":
        findings = [one for one in findings if one.criterion not in _ON_ADS]
    return sorted(set(findings), key=lambda one: (one.start, one.end, one.criterion))


def _worded(words: Sequence[Word], matches: Sequence[Match]) -> Iterator[Finding]:
    bounds = sentence_bounds(words)
    tinted: dict[tuple[int, int], set[str]] = {}
    for match in matches:
        if match.criterion in _CONTEXTS:
            sentence = sentence_of(bounds, match.start, match.end, len(words))
            tinted.setdefault(sentence, set()).add(_CONTEXTS[match.criterion])
    for match in matches:
        if match.criterion in _CONTEXTS:
            continue
        context = set(tinted.get(sentence_of(bounds, match.start, match.end, len(words)), ()))
        if negated(words, match):
            context.add("negated")
        if match.criterion[0] == "N":
            context.clear()
        weight = match.weight * min((DAMPING[name] for name in context), default=1.0)
        start, end = words[match.start].start, words[match.end - 1].end
        yield Finding(match.criterion, start, end, weight, tuple(sorted(context)))


def _structural(text: str, found: Entities, kind: Kind) -> Iterator[Finding]:
    for age in minor_ages(found):
        yield Finding("M01", age.start, age.end, age_weight(age))
    if conflicting_ages(found):
        yield from (Finding("M02", age.start, age.end, 0.5) for age in minor_ages(found))
    if kind == "ad":
        yield from (Finding("C09", start, end, 0.7) for start, end in name_lists(text, found["cities"]))
        yield from (Finding("V04", start, end, 0.7) for start, end in tours(text, found["cities"]))
