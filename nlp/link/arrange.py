"""Deciding on one set of posts that may belong together: which are one campaign, and why.

First near-duplicates, the most alike first: a post joins a group only if it resembles the group as a whole, so that a
chain of small changes does not join strangers. Then shared contacts join groups, unless strangers share them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nlp.contacts import Contact
from nlp.link.resemblance import SAMPLE, alike
from nlp.link.signature import Signature

Because = Literal["phone", "email", "handle", "text"]
KINDS: tuple[Because, ...] = ("phone", "email", "handle", "text")
Pair = tuple[int, int, float]
"""Two near-duplicates, by their places in a sequence, and their resemblance."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a post stands. `component` and `group` are named by the lowest rank in them.

    A component holds all that near-duplicates and contacts connect: what is decided on together. A group holds texts
    that are one text. A campaign, None for a post linked to no other, joins groups by their contacts.
    """

    component: int
    group: int
    campaign: str | None
    because: tuple[Because, ...]


class Sets:
    """Disjoint sets of places; each knows its members in ascending order."""

    def __init__(self, size: int) -> None:
        self._root = list(range(size))
        self._members = {place: [place] for place in range(size)}

    def of(self, place: int) -> list[int]:
        """Return the members of a place's set; the first one stands for it."""
        return self._members[self._root[place]]

    def all(self) -> Iterable[list[int]]:
        """Return every set."""
        return self._members.values()

    def join(self, one: int, two: int) -> None:
        """Make one set of the sets of two places."""
        keep, gone = sorted((self._root[one], self._root[two]))
        if keep != gone:
            moved = self._members.pop(gone)
            for place in moved:
                self._root[place] = keep
            self._members[keep] = sorted(self._members[keep] + moved)


def arrange(posts: Sequence[Signature], pairs: Iterable[Pair], joining: Collection[Contact]) -> list[Place]:
    """Return the place of each post; `posts` ascend by rank, `joining` are the contacts that belong to one writer.

    The outcome depends on the set of posts alone.
    """
    found = sorted((-value, one, two) for one, two, value in pairs)
    groups, components = Sets(len(posts)), Sets(len(posts))
    for _, one, two in found:
        components.join(one, two)
        if groups.of(one) is not groups.of(two) and _alike(posts, groups.of(one), groups.of(two)):
            groups.join(one, two)
    campaigns, tied = Sets(len(posts)), [set[Because]() for _ in posts]
    for group in groups.all():
        for place in group[1:]:
            campaigns.join(group[0], place)
            tied[place].add("text")
            tied[group[0]].add("text")
    for contact, holders in _held(posts, joining).items():
        for place in holders:
            campaigns.join(holders[0], place)
            components.join(holders[0], place)
            tied[place].add(contact.kind)
    return [_place(posts, place, (components, groups, campaigns), tied[place]) for place in range(len(posts))]


def _alike(posts: Sequence[Signature], one: list[int], two: list[int]) -> bool:
    return alike([posts[place] for place in one[:SAMPLE]], [posts[place] for place in two[:SAMPLE]])


def _held(posts: Sequence[Signature], joining: Collection[Contact]) -> Mapping[Contact, list[int]]:
    """Return which posts hold each joining contact, those that two or more hold."""
    holders: dict[Contact, list[int]] = defaultdict(list)
    for place, post in enumerate(posts):
        for contact in post.contacts:
            if contact in joining:
                holders[contact].append(place)
    return {contact: places for contact, places in holders.items() if len(places) > 1}


def _place(posts: Sequence[Signature], place: int, sets: tuple[Sets, Sets, Sets], tied: set[Because]) -> Place:
    component, group, campaign = (each.of(place) for each in sets)
    name = campaign_name(posts[campaign[0]].rank) if len(campaign) > 1 else None
    return Place(posts[component[0]].rank, posts[group[0]].rank, name, ordered(tied))


def campaign_name(rank: int) -> str:
    """Return the id of the campaign whose lowest rank is this."""
    return f"c-{rank:015x}"


def ordered(kinds: Collection[Because]) -> tuple[Because, ...]:
    """Return kinds of evidence in the order in which they are told."""
    return tuple(kind for kind in KINDS if kind in kinds)
