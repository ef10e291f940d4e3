"""Find the patterns of the grid in plain words with spaCy's Matcher.

Thousands of patterns, tens of words: so only the patterns whose every required step has a word in the text are
given to the Matcher. Words that no pattern knows become one placeholder, which keeps spaCy's vocabulary closed: a
stream of any length leaves memory as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, reduce
from importlib.resources import files
from itertools import chain
from operator import or_
from typing import NamedTuple

import spacy
from spacy.matcher import Matcher
from spacy.tokens import Doc

from nlp.criteria.notation import NUMBER, Pattern, Step, parse_pattern
from nlp.criteria.words import BOUNDARY, Word, load_yaml

_UNKNOWN = "_"
_REMEMBERED = 50_000
"""Unknown words whose place in the closed vocabulary is kept."""
_LAST = Word(BOUNDARY, 0, 0)
_WEIGHTS = {"strong": 1.0, "weak": 0.5}


class Match(NamedTuple):
    """Words from `start` to `end` (half-open, counted in plain words) that show a criterion."""

    criterion: str
    start: int
    end: int
    weight: float
    holds_negation: bool


@cache
def load_patterns() -> tuple[Pattern, ...]:
    """Return every pattern of the package's files, in the order of the files."""
    folder = files("nlp.criteria").joinpath("patterns")
    names = sorted(f"patterns/{part.name}/{file.name}" for part in folder.iterdir() for file in part.iterdir())
    return tuple(pattern for name in names if name.endswith(".yaml") for pattern in _file_patterns(name))


def _file_patterns(name: str) -> Iterator[Pattern]:
    for criterion, groups in load_yaml(name).items():
        for group, lines in groups.items():
            for line in str(lines).splitlines():
                yield parse_pattern(criterion, line, _WEIGHTS[group])


class PatternMatcher:
    """All patterns, compiled once; `find` is pure."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._vocab = spacy.blank("xx").vocab
        self._patterns = patterns
        steps = [step for pattern in patterns for step in pattern.steps]
        self._prefixes = frozenset(prefix for step in steps for prefix in step.prefixes)
        self._longest = max(map(len, self._prefixes), default=0)
        self._known = frozenset(word for step in steps for word in step.words) | {BOUNDARY, NUMBER}
        self._spelled: dict[str, str] = {}
        self._fillers = {step: self._filler(step) for step in set(steps)}
        self._required = [
            tuple(self._fillers[step] for step in pattern.steps if not step.gap and not step.optional)
            for pattern in patterns
        ]
        self._anchored: dict[str, list[int]] = defaultdict(list)
        for number, required in enumerate(self._required):
            for word in min(required, key=len):
                self._anchored[word].append(number)
        self._bit = {filler: 1 << at for at, filler in enumerate(dict.fromkeys(chain(*self._required)))}
        self._wanted = [reduce(or_, (self._bit[filler] for filler in required)) for required in self._required]
        self._fills: dict[str, int] = {}
        self._matchers: dict[int, Matcher] = {}

    def _filler(self, step: Step) -> frozenset[str]:
        """Return everything of the closed vocabulary that fills a step; a prefix stands for its unknown words."""
        starred = {f"{prefix}*" for prefix in self._prefixes if prefix.startswith(tuple(step.prefixes))}
        known = {word for word in self._known if step.prefixes and word.startswith(tuple(step.prefixes))}
        if NUMBER in step.words:
            known |= {word for word in self._known if word.isdigit()}
        return frozenset(step.words | starred | known)

    def _closed(self, word: str) -> str:
        """Return a word of the closed vocabulary for any word."""
        if word in self._known:
            return word
        if (seen := self._spelled.get(word)) is None:
            seen = self._spell(word)
            if len(self._spelled) < _REMEMBERED:
                self._spelled[word] = seen
        return seen

    def _spell(self, word: str) -> str:
        if word.isdigit():
            return NUMBER
        for length in range(min(len(word), self._longest), 2, -1):
            if word[:length] in self._prefixes:
                return f"{word[:length]}*"
        return _UNKNOWN

    def find(self, words: Sequence[Word]) -> list[Match]:
        """Return every match, longest first where two of one pattern overlap; no pattern reaches across a boundary."""
        found: list[Match] = []
        start = 0
        for end, word in enumerate((*words, _LAST)):
            if word.text == BOUNDARY:
                found += self._in_sentence(words[start:end], start)
                start = end + 1
        return found

    def _in_sentence(self, words: Sequence[Word], offset: int) -> Iterator[Match]:
        closed = [self._closed(word.text) for word in words]
        numbers = self._possible(closed)
        doc = Doc(self._vocab, words=closed if numbers else [])
        for number in numbers:
            pattern = self._patterns[number]
            for _, start, end in self._matcher(number)(doc):
                yield Match(pattern.criterion, start + offset, end + offset, pattern.weight, pattern.holds_negation)

    def _possible(self, closed: Sequence[str]) -> list[int]:
        """Return the patterns all of whose required steps are filled, in their order, by words of a sentence.

        Which steps a sentence fills is one number, a bit a step, so that most patterns cost one comparison.
        """
        present = dict.fromkeys(closed)
        if any(word.isdigit() for word in present):
            present[NUMBER] = None
        filled = reduce(or_, map(self._filled, present), 0)
        met = {number for word in present for number in self._anchored.get(word, ())}
        wanted = (number for number in met if not self._wanted[number] & ~filled)
        return sorted(number for number in wanted if self._in_order(number, closed))

    def _filled(self, word: str) -> int:
        """Return which steps a word of the closed vocabulary fills."""
        known = self._fills.get(word)
        if known is None:
            known = reduce(or_, (bit for filler, bit in self._bit.items() if word in filler), 0)
            self._fills[word] = known
        return known

    def _in_order(self, number: int, closed: Sequence[str]) -> bool:
        at, size = 0, len(closed)
        for filler in self._required[number]:
            while at < size and closed[at] not in filler:
                at += 1
            if at == size:
                return False
            at += 1
        return True

    def _matcher(self, number: int) -> Matcher:
        if number not in self._matchers:
            matcher = Matcher(self._vocab, validate=False)
            rows = [row for step in self._patterns[number].steps for row in self._rows(step)]
            matcher.add(str(number), [rows], greedy="LONGEST")
            self._matchers[number] = matcher
        return self._matchers[number]

    def _rows(self, step: Step) -> list[dict[str, object]]:
        if step.gap:
            return [{"ORTH": {"NOT_IN": [BOUNDARY]}, "OP": "?"}] * step.gap
        row: dict[str, object] = {"ORTH": {"IN": sorted(self._fillers[step])}}
        return [{**row, "OP": "?"}] if step.optional else [row]


@cache
def pattern_matcher() -> PatternMatcher:
    """Return the matcher of the shipped patterns, compiled once."""
    return PatternMatcher(load_patterns())
