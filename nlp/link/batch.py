"""Linking a whole set of posts at once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from nlp.contacts import Contact
from nlp.link.arrange import Because, Pair, Place, Sets, arrange
from nlp.link.resemblance import HOLDERS, belongs_to_one, near_duplicate
from nlp.link.signature import Signature, signature

REGION = 40
"""Posts up to which a component is decided on by all its pairs; in a larger one, by the pairs that bands show."""
PER_BAND = 6
"""Posts of one band, the first by rank, that a further one is compared with: copies cost no more than other posts."""


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


def link(rows: Iterable[LinkRow]) -> list[LinkResult]:
    """Link posts to campaigns; one result a row, in the order given.

    What is linked, and the campaigns' ids, depend only on the posts, never on their order. An id names the campaign's
    post of lowest rank, so that a campaign that grows mostly keeps it.
    """
    given = list(rows)
    posts = [signature(key, row.text, row.city or "") for key, row in zip(_keys(given), given, strict=True)]
    order = sorted(range(len(posts)), key=lambda index: (posts[index].rank, posts[index].key))
    places = dict(zip(order, _places([posts[index] for index in order]), strict=True))
    return [LinkResult(row.id, places[at].campaign, places[at].because) for at, row in enumerate(given)]


def _keys(rows: Sequence[LinkRow]) -> Iterator[str]:
    """Yield a key for each row: its id, with its text where several rows have one id."""
    times = Counter(json.dumps(row.id) for row in rows)
    for row in rows:
        key = json.dumps(row.id)
        yield key if times[key] == 1 else f"{key} {row.text}"


def _places(posts: Sequence[Signature]) -> list[Place]:
    """Return the place of each post; `posts` ascend by rank."""
    joining = _joining(posts)
    near = list(_near_duplicates(posts))
    places: dict[int, Place] = {}
    for component, found in _components(posts, near, joining):
        members = [posts[place] for place in component]
        pairs = all_pairs(members) if len(members) <= REGION else found
        places |= zip(component, arrange(members, pairs, joining), strict=True)
    return [places[place] for place in range(len(posts))]


def all_pairs(posts: Sequence[Signature]) -> Iterator[Pair]:
    """Yield the near-duplicates among a few posts."""
    for one, two in combinations(range(len(posts)), 2):
        if value := near_duplicate(posts[one], posts[two]):
            yield one, two, value


def _joining(posts: Sequence[Signature]) -> set[Contact]:
    holders: dict[Contact, list[Signature]] = defaultdict(list)
    for post in posts:
        for contact in post.contacts:
            holders[contact].append(post)
    return {contact for contact, held in holders.items() if belongs_to_one(held[:HOLDERS])}


def _components(
    posts: Sequence[Signature], near: Iterable[Pair], joining: set[Contact]
) -> Iterator[tuple[list[int], list[Pair]]]:
    """Yield what is decided on together: places in ascending order, and the near-duplicates among them, renumbered."""
    sets, pairs = Sets(len(posts)), list(near)
    for one, two, _ in pairs:
        sets.join(one, two)
    first: dict[Contact, int] = {}
    for place, post in enumerate(posts):
        for contact in post.contacts & joining:
            sets.join(first.setdefault(contact, place), place)
    found: dict[int, list[Pair]] = defaultdict(list)
    at = {place: number for component in sets.all() for number, place in enumerate(component)}
    for one, two, value in pairs:
        found[sets.of(one)[0]].append((at[one], at[two], value))
    for component in sets.all():
        yield component, found[component[0]]


def _near_duplicates(posts: Sequence[Signature]) -> Iterator[Pair]:
    """Yield the near-duplicates that share a band, each pair once."""
    buckets: dict[int, list[int]] = defaultdict(list)
    for place, post in enumerate(posts):
        for band in post.bands:
            buckets[band].append(place)
    seen: set[tuple[int, int]] = set()
    for bucket in buckets.values():
        for number, two in enumerate(bucket):
            for one in bucket[: min(number, PER_BAND)]:
                if (one, two) not in seen:
                    seen.add((one, two))
                    if value := near_duplicate(posts[one], posts[two]):
                        yield one, two, value
