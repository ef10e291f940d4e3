"""How alike two posts are, whatever changed of city, price, contact, emoji and order.

A post becomes a set of stems and of pairs of neighbouring stems; entities and numbers are masked first. Each counts by
its rarity in posts at large, so that "sur rendez-vous, pas d'appel masqué" makes no two strangers alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from nlp.frequencies import frequencies
from nlp.tokens import Token, tokens
from nlp.types import Entities

_PAIR_WEIGHT = 0.35
"""What a pair of neighbouring stems counts, beside the stems themselves: a reordered post keeps most of its pairs."""
_COMMON = 0.35
"""Stems at most this rare are no candidates' features: every post has them."""


@dataclass(frozen=True, slots=True)
class Features:
    """A post's weighted features: `weights` by stem or pair, their sum, and the `rare` ones by which it is found."""

    weights: dict[str, float]
    total: float
    rare: frozenset[str]


def masked_stems(text: str, entities: Entities, also_masked: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the stems of a text that stand in no entity; `also_masked` are folded words to leave out too."""
    masked = frozenset(also_masked)
    return tuple(token.stem for token in _unmasked(tokens(text), entities) if token.folded not in masked)


def weigh(stems: Sequence[str]) -> Features:
    """Return what a text of these stems is compared by."""
    weights = {stem: _rarity(stem) for stem in stems}
    rare = frozenset(stem for stem, weight in weights.items() if weight > _COMMON)
    weights |= {f"{one} {two}": _PAIR_WEIGHT * (weights[one] + weights[two]) / 2 for one, two in pairwise(stems)}
    return Features(weights, sum(weights.values()), rare)


@lru_cache(maxsize=100_000)
def _rarity(stem: str) -> float:
    return frequencies().rarity(stem)


def _unmasked(words: list[Token], entities: Entities) -> Iterable[Token]:
    """Yield the words in letters that stand in no contact, age, city or price."""
    spans = sorted((entity.start, entity.end) for found in entities.values() for entity in found)
    index = 0
    for word in words:
        while index < len(spans) and spans[index][1] <= word.start:
            index += 1
        inside = index < len(spans) and spans[index][0] < word.end
        if not inside and word.stem.isalpha():
            yield word


def likeness(one: Features, two: Features) -> float:
    """Return the weighted share of features in common, 0 to 1; a text that holds the other whole comes near 1 too.

    The mean of the weighted Jaccard index and of the share of the smaller text found in the larger one.
    """
    small, large = (one, two) if len(one.weights) <= len(two.weights) else (two, one)
    if not small.weights:
        return 0.0
    shared = sum(weight for feature, weight in small.weights.items() if feature in large.weights)
    least = min(one.total, two.total)
    return (shared / (one.total + two.total - shared) + shared / least) / 2


def shared_rare(one: Features, two: Features) -> float:
    """Return the summed rarity of the stems in common: how much the likeness rests on."""
    return sum(one.weights[stem] for stem in one.rare & two.rare)
