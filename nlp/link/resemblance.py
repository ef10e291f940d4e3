"""When two posts are near-duplicates, and when what they share is only a block that strangers paste."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from nlp.language import language
from nlp.likeness import likeness, shared_rare
from nlp.link.signature import Signature

LIKE = 0.42
"""Resemblance from which two short posts are near-duplicates; unrelated posts of one kind stay under 0.3."""
_LIKE_IF_LONG = 0.33
"""The same for posts that share a lot."""
_COPY = 0.9
"""Resemblance of a mere copy."""
_LEAST_SHARED, _LEAST_COPIED = 3.5, 2.0
"""Summed rarity of shared stems without which a resemblance rests on too few words, and the same for copies."""
_ALIKE_AS_GROUPS = 0.32
"""Mean resemblance between two groups from which they are one."""
_RESEMBLING = 0.2
"""Resemblance by which posts with one contact show that it belongs to one writer."""
FREE_SHARES = 8
"""A contact in more posts than this joins them only if they also resemble one another."""
HOLDERS = 40
"""Holders of a contact, the first by rank, that speak for all of them."""
SAMPLE = 6
"""Members of a group, the first by rank, that speak for it."""
_OWN_WORDS, _OWN_SHARE = 1.75, 0.3
"""Summed rarity of a stretch that two posts each have of their own, and its share of what they have in common, from
which the rest is a block that both pasted: "verified ad, never pay in advance"."""


def resemblance(one: Signature, two: Signature) -> float:
    """Return how alike two posts are, 0 to 1; 0 if they share no more than a pasted block."""
    value = likeness(one.features, two.features)
    if not _RESEMBLING <= value < _COPY:
        return value
    return 0.0 if _only_a_block(one, two, shared_rare(one.features, two.features)) else value


def near_duplicate(one: Signature, two: Signature) -> float:
    """Return the resemblance of two near-duplicates, 0 for others.

    It is judged by how much it rests on: paraphrase of a long post leaves less in common, but more of it.
    """
    shared = shared_rare(one.features, two.features)
    if shared < _LEAST_COPIED:
        return 0.0
    value = likeness(one.features, two.features)
    if value >= _COPY:
        return value
    if shared < _LEAST_SHARED or value < max(_LIKE_IF_LONG, LIKE - 0.015 * (shared - _LEAST_SHARED)):
        return 0.0
    return 0.0 if _only_a_block(one, two, shared) else value


def alike(one: Iterable[Signature], two: Iterable[Signature]) -> bool:
    """Tell whether two groups resemble each other as a whole, by a sample of each; none of them is empty."""
    others = list(two)
    values = [resemblance(left, right) for left in one for right in others]
    return sum(values) / len(values) >= _ALIKE_AS_GROUPS


def belongs_to_one(holders: Sequence[Signature]) -> bool:
    """Tell whether a contact is one writer's: in few posts, or in posts half of which resemble another of them.

    `holders` are the posts that hold it, the first `HOLDERS` by rank; a contact in one post joins none.
    """
    if len(holders) <= FREE_SHARES:
        return len(holders) > 1
    resembling: set[str] = set()
    for one, two in combinations(holders, 2):
        if not {one.key, two.key} <= resembling and resemblance(one, two) >= _RESEMBLING:
            resembling |= {one.key, two.key}
    return len(resembling) * 2 >= len(holders)


def _only_a_block(one: Signature, two: Signature, shared: float) -> bool:
    """Tell whether each post has a long stretch of its own, in one language: their authors said different things.

    A changed word, price or clause leaves short stretches; a translated half leaves long ones in two languages.
    """
    least = max(_OWN_WORDS, _OWN_SHARE * shared)
    stretches = []
    for text, other in ((one, two), (two, one)):
        weight, stretch = _own_stretch(text, other)
        if weight < least:
            return False
        stretches.append(stretch)
    spoken = {language(" ".join(stretch)) for stretch in stretches}
    return len(spoken - {"other"}) < 2


def _own_stretch(text: Signature, other: Signature) -> tuple[float, tuple[str, ...]]:
    """Return the heaviest stretch of a text whose stems the other lacks (Kadane: a stem in common counts against)."""
    known = other.features.weights
    best, best_span, total, start = 0.0, (0, 0), 0.0, 0
    for place, stem in enumerate(text.stems):
        weight = text.features.weights[stem]
        if total <= 0:
            total, start = 0.0, place
        total += -weight if stem in known else weight
        if total > best:
            best, best_span = total, (start, place + 1)
    return best, text.stems[slice(*best_span)]
