"""Campaigns: posts joined by a shared contact or by near-duplicate text.

Links are made in two steps. First, near-duplicates: candidates come from MinHash bands (so the work grows with the
number of posts, not of pairs), each pair is verified by its true likeness, and a post joins a group only if it
resembles the group as a whole: a chain of small changes does not join strangers. Then shared contacts join groups,
unless the contact is one that strangers share (a help line, a toll-free number, one in many unlike posts).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

from rensa import RMinHash

from nlp.contacts import Contact, normal_contact
from nlp.entities import entities
from nlp.lexicon import word_lists
from nlp.likeness import Features, features, likeness, shared_rare
from nlp.tokens import tokens
from nlp.types import Entity, EntityKind

Because = Literal["phone", "email", "handle", "text"]

LIKE = 0.42
"""Likeness from which two short posts are near-duplicates; unrelated posts of one kind stay under 0.3."""
_LIKE_IF_LONG = 0.33
"""The same for posts that share a lot."""
_COPY = 0.9
"""Likeness of a mere copy."""
_LEAST_SHARED, _LEAST_COPIED = 3.5, 2.0
"""Summed rarity of shared stems without which a likeness rests on too few words, and the same for copies."""
_ALIKE_AS_GROUPS = 0.32
"""Mean likeness between two groups from which they are one."""
_RESEMBLING = 0.2
"""Likeness by which posts with one contact show that it belongs to one writer."""
_FREE_SHARES = 8
"""A contact in more posts than this joins them only if they also resemble one another."""
_PERMUTATIONS, _ROWS = 128, 2
_SEED = 20_20
_REPRESENTATIVES = 12
"""Posts of one MinHash band that a further one is compared with; many copies of one text cost no more than few."""
_SAMPLE = 6
"""Members of a group that speak for it."""
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})
_SERVICE_WORDS = frozenset(word_lists("link")["services"])
"""Words beside a contact that make it a service's, which strangers pass on to one another."""
_AROUND = 50
"""Characters on each side of a contact that are looked at for them."""
_PLURALS: dict[EntityKind, Literal["phone", "email", "handle"]] = {
    "phones": "phone",
    "emails": "email",
    "handles": "handle",
}


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A post to link; `city` is the one its source gives, `posted_at` is kept for those who read the links."""

    id: str | int
    text: str
    posted_at: datetime | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class LinkResult:
    """A post's campaign, or None, and which kinds of evidence tie it to the others."""

    id: str | int
    campaign: str | None
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class _Post:
    features: Features
    contacts: frozenset[Contact]


def link(rows: Iterable[LinkRow]) -> list[LinkResult]:
    """Link posts to campaigns; one result a row, in the order given.

    What is linked, and the campaigns' ids, depend only on the posts, never on their order.
    """
    given = list(rows)
    order = sorted(range(len(given)), key=lambda index: (str(given[index].id), given[index].text))
    posts = [_read(given[index]) for index in order]
    groups = _Groups(posts)
    _join_alike(posts, groups)
    alike = [groups.size(index) > 1 for index in range(len(posts))]
    tied = _join_contacts(posts, groups)
    results: list[LinkResult | None] = [None] * len(given)
    names = _names([given[index] for index in order], groups)
    for place, index in enumerate(order):
        because = _kinds(tied[place]) + (["text"] if alike[place] else [])
        results[index] = LinkResult(given[index].id, names.get(groups.find(place)), tuple(because))
    return [result for result in results if result is not None]


def _kinds(contacts: set[Contact]) -> list[Because]:
    return [kind for kind in _PLURALS.values() if any(contact.kind == kind for contact in contacts)]


def _read(row: LinkRow) -> _Post:
    found = entities(row.text)
    own_city = [token.folded for token in tokens(row.city or "")]
    return _Post(features(row.text, found, own_city), frozenset(_joining_contacts(row.text, found)))


def _joining_contacts(text: str, found: dict[EntityKind, tuple[Entity, ...]]) -> Iterator[Contact]:
    """Yield the contacts of a post that may tie it to others: not toll-free, not presented as a service's."""
    for plural, kind in _PLURALS.items():
        for entity in found[plural]:
            contact = normal_contact(kind, str(entity.value))
            if not (_is_toll_free(contact) or _is_service(text, entity)):
                yield contact


def _is_toll_free(contact: Contact) -> bool:
    return contact.kind == "phone" and contact.value.startswith("+1") and contact.value[2:5] in _TOLL_FREE


def _is_service(text: str, entity: Entity) -> bool:
    around = text[max(0, entity.start - _AROUND) : entity.start] + " " + text[entity.end : entity.end + _AROUND]
    return any(token.folded in _SERVICE_WORDS for token in tokens(around))


class _Groups:
    """Disjoint groups of posts, by index; each knows its members in ascending order."""

    def __init__(self, posts: Sequence[_Post]) -> None:
        self._posts = posts
        self._parent = list(range(len(posts)))
        self._members: dict[int, list[int]] = {index: [index] for index in range(len(posts))}

    def find(self, index: int) -> int:
        """Return the index that stands for the group of a post."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def size(self, index: int) -> int:
        """Return how many posts a post's group holds."""
        return len(self._members[self.find(index)])

    def members(self) -> Iterator[tuple[int, list[int]]]:
        """Yield each group: what stands for it, and its posts."""
        yield from self._members.items()

    def join(self, one: int, two: int) -> None:
        """Make one group of the groups of two posts."""
        keep, gone = sorted((self.find(one), self.find(two)))
        if keep != gone:
            self._parent[gone] = keep
            self._members[keep] = sorted(self._members[keep] + self._members.pop(gone))

    def alike(self, one: int, two: int) -> bool:
        """Tell whether the groups of two posts resemble each other as a whole, by a sample of each."""
        left, right = (_spread(self._members[self.find(index)]) for index in (one, two))
        values = [likeness(self._posts[i].features, self._posts[j].features) for i in left for j in right]
        return sum(values) / len(values) >= _ALIKE_AS_GROUPS


def _spread(members: list[int]) -> list[int]:
    """Return at most six members, evenly spread."""
    step = max(1, len(members) // _SAMPLE)
    return members[::step][:_SAMPLE]


def _join_alike(posts: Sequence[_Post], groups: _Groups) -> None:
    """Join near-duplicates, the most alike first, so that the result does not hang on the order of the posts."""
    for _, one, two in sorted((-value, one, two) for one, two, value in _near_duplicates(posts)):
        if groups.find(one) != groups.find(two) and groups.alike(one, two):
            groups.join(one, two)


def _near_duplicates(posts: Sequence[_Post]) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of posts that are near-duplicates, each once, with their likeness."""
    seen: set[tuple[int, int]] = set()
    for bucket in _bands(posts):
        for one, two in _compared(bucket):
            if (one, two) not in seen:
                seen.add((one, two))
                value = likeness(posts[one].features, posts[two].features)
                if _is_near_duplicate(value, shared_rare(posts[one].features, posts[two].features)):
                    yield one, two, value


def _is_near_duplicate(value: float, shared: float) -> bool:
    """Judge a likeness by how much it rests on: paraphrase of a long post leaves less in common, but more of it."""
    if value >= _COPY:
        return shared >= _LEAST_COPIED
    return shared >= _LEAST_SHARED and value >= max(_LIKE_IF_LONG, LIKE - 0.015 * (shared - _LEAST_SHARED))


def _compared(bucket: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the pairs to compare in one band: every post with the first few and with the one before it."""
    for place, two in enumerate(bucket):
        for one in bucket[: min(place, _REPRESENTATIVES)]:
            yield one, two
        if place > _REPRESENTATIVES:
            yield bucket[place - 1], two


def _bands(posts: Sequence[_Post]) -> Iterator[list[int]]:
    """Yield the posts that share a MinHash band, two or more at a time, in ascending order."""
    indices = [index for index, post in enumerate(posts) if post.features.rare]
    sketches = RMinHash.digests_from_token_sets(
        [sorted(posts[index].features.rare) for index in indices], num_perm=_PERMUTATIONS, seed=_SEED
    )
    for start in range(0, _PERMUTATIONS, _ROWS):
        buckets: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, sketch in zip(indices, sketches, strict=True):
            buckets[tuple(sketch[start : start + _ROWS])].append(index)
        yield from (bucket for bucket in buckets.values() if len(bucket) > 1)


def _join_contacts(posts: Sequence[_Post], groups: _Groups) -> list[set[Contact]]:
    """Join the posts that share a contact; return for each post the contacts that tie it to another."""
    tied: list[set[Contact]] = [set() for _ in posts]
    holders: dict[Contact, list[int]] = defaultdict(list)
    for index, post in enumerate(posts):
        for contact in post.contacts:
            holders[contact].append(index)
    for contact in sorted(holders):
        indices = holders[contact]
        if len(indices) > 1 and _belongs_to_one(posts, indices):
            for index in indices:
                groups.join(indices[0], index)
                tied[index].add(contact)
    return tied


def _belongs_to_one(posts: Sequence[_Post], holders: list[int]) -> bool:
    """Tell whether a contact is one writer's: in few posts, or in posts half of which resemble another of them."""
    if len(holders) <= _FREE_SHARES:
        return True
    sample = holders[:: max(1, len(holders) // 40)][:40]
    resembling: set[int] = set()
    for one, two in combinations(sample, 2):
        if likeness(posts[one].features, posts[two].features) >= _RESEMBLING:
            resembling |= {one, two}
    return len(resembling) * 2 >= len(sample)


def _names(rows: Sequence[LinkRow], groups: _Groups) -> dict[int, str]:
    """Name each group of two or more by the digest of its members' sorted ids."""
    named = {}
    for root, members in groups.members():
        if len(members) > 1:
            ids = json.dumps(sorted(str(rows[index].id) for index in members))
            named[root] = "c-" + hashlib.sha256(ids.encode()).hexdigest()[:16]
    return named
