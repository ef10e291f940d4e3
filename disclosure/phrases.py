"""Phrase search: whether released words can be led back to the posts that they come from.

An exact phrase finds its source in any search engine; of posts that were reworded, many are found by what is left of
their rare words (Reagle 2022, "Disguising Reddit sources": 3 of 3 verbatim, 11 of 19 reworded). Both searches run over
the source posts here, as an engine would, before anything leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import log, sqrt

from nlp.tokens import plain_words, tokens

WORDS = 4
"""Words of a phrase."""
Texts = Iterable[tuple[str, str]]
"""Whose text it is, or which post, and the text."""


@dataclass(frozen=True, slots=True)
class PhraseRisk:
    """What phrases of one released row lead to.

    `phrases` are its different phrases, `own` those that stand in its source too, `unique` those that stand in one
    source text alone; `confirmed`: such a one leads to its own source.
    """

    row: int
    phrases: int
    own: int
    unique: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What a search for the words of one released row, in any order, finds first.

    `confirmed`: its own source comes first and no other text as high. `lead` is its score over that of the next other
    text, 0 if it does not come first, infinite if nothing else shares a word.
    """

    row: int
    confirmed: bool
    lead: float


def exact_phrases(released: Texts, sources: Texts, words: int = WORDS) -> list[PhraseRisk]:
    """Return for each released row, numbered from 1, where its phrases of so many words stand, spelling aside.

    Copies of a text are one text: that it was posted ten times hides nothing. One pass over the sources; memory grows
    with what is released.
    """
    rows = [(owner, frozenset(_phrases(text, words))) for owner, text in released]
    met = {phrase: _Phrase() for _, phrases in rows for phrase in phrases}
    for owner, phrases in rows:
        for phrase in phrases:
            met[phrase].sought.add(owner)
    for owner, text in sources:
        read = plain_words(text)
        for phrase in set(_runs(read, words)) & met.keys():
            met[phrase].meet(owner, hash(tuple(read)))
    return [_risk(number, owner, [met[one] for one in phrases]) for number, (owner, phrases) in enumerate(rows, 1)]


def resemblances(released: Texts, sources: Callable[[], Texts]) -> list[Resemblance]:
    """Return for each released row, numbered from 1, whether its words lead to its source although it was reworded.

    Sources are ranked by the cosine of stems weighed by their rarity (inverse document frequency, Spärck Jones 1972;
    Salton & Buckley 1988). Two passes, so `sources` is called twice; memory grows with what is released.
    """
    rows, holding = [], dict[str, list[int]]()
    for at, (owner, text) in enumerate(released):
        rows.append(_Sought(owner))
        for stem in _stems(text):
            holding.setdefault(stem, []).append(at)
    rarity, unmet = _rarity(sources(), holding)
    for owner, text in sources():
        stems = _stems(text)
        scores: dict[int, float] = {}
        for stem in stems & holding.keys():
            for at in holding[stem]:
                scores[at] = scores.get(at, 0.0) + rarity[stem] ** 2
        length = sqrt(sum(rarity.get(stem, unmet) ** 2 for stem in stems))
        for at, score in scores.items():
            rows[at].meet(owner, frozenset(stems), score / length)
    return [row.outcome(number) for number, row in enumerate(rows, 1)]


@dataclass(slots=True)
class _Phrase:
    """Whose rows hold a phrase, in whose sources it stands, and in how many different texts (2: or more)."""

    sought: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    texts: int = 0
    first: int = 0

    def meet(self, owner: str, text: int) -> None:
        if owner in self.sought:
            self.met.add(owner)
        if self.texts == 0:
            self.texts, self.first = 1, text
        elif text != self.first:
            self.texts = 2


@dataclass(slots=True)
class _Sought:
    """A released row, and the texts that come first and next when its words are looked for."""

    owner: str
    best: float = 0.0
    next: float = 0.0
    text: frozenset[str] = frozenset()
    own: bool = False

    def meet(self, owner: str, text: frozenset[str], score: float) -> None:
        if text == self.text:
            self.own = self.own or owner == self.owner
        elif score > self.best:
            self.best, self.next, self.text, self.own = score, self.best, text, owner == self.owner
        else:
            self.next = max(self.next, score)

    def outcome(self, number: int) -> Resemblance:
        first = self.own and self.best > self.next
        lead = self.best / self.next if self.next else float("inf")
        return Resemblance(number, first, lead if self.own else 0.0)


def _risk(number: int, owner: str, phrases: list[_Phrase]) -> PhraseRisk:
    unique = [one for one in phrases if one.texts == 1]
    own = sum(owner in one.met for one in phrases)
    return PhraseRisk(number, len(phrases), own, len(unique), any(owner in one.met for one in unique))


def _phrases(text: str, words: int) -> Iterator[tuple[str, ...]]:
    return _runs(plain_words(text), words)


def _runs(read: list[str], words: int) -> Iterator[tuple[str, ...]]:
    return (tuple(read[at : at + words]) for at in range(len(read) - words + 1))


def _stems(text: str) -> set[str]:
    return {token.stem for token in tokens(text)}


def _rarity(sources: Texts, wanted: Iterable[str]) -> tuple[dict[str, float], float]:
    """Return how rare each wanted stem is in the sources, and how rare another may be."""
    seen, size = dict.fromkeys(wanted, 0), 0
    for _, text in sources:
        size += 1
        for stem in _stems(text) & seen.keys():
            seen[stem] += 1
    return {stem: log(1 + size / count) for stem, count in seen.items() if count}, log(1 + size)
