"""The menu: the places that a person enters each day side by side, the others under what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

_FEW = 9
"""So many places at most stand side by side, whatever they are: nothing is gained by folding them."""
UNDER: Mapping[str, Sequence[str]] = {
    "follow": (
        "referrals",
        "notices",
        "meetings",
        "invitations",
        "ledger",
        "retention",
        "rights",
        "outcomes",
    ),
    "control": ("oversight", "reviews", "register", "glass", "agreement", "quarantine", "accounts", "lessons"),
    "known": ("directory", "sources", "coverage", "words", "trends"),
    "research": ("corpora", "room", "deciding", "paraphrases"),
}
"""What a group is for, and its places, in the order of the menu."""


class Place(NamedTuple):
    """A page of the menu: whether it is the one that is shown, and how much is new in it."""

    name: str
    path: str
    here: bool
    news: int


class Group(NamedTuple):
    """Places that are folded under one word."""

    name: str
    places: list[Place]

    @property
    def here(self) -> bool:
        """Tell whether the page that is shown is one of them."""
        return any(place.here for place in self.places)

    @property
    def news(self) -> int:
        """Return how much is new in all of them."""
        return sum(place.news for place in self.places)


class Menu(NamedTuple):
    """What stands side by side, and the groups after it; all empty for somebody who is not logged in."""

    places: list[Place]
    groups: list[Group]


def menu_of(places: Sequence[Place]) -> Menu:
    """Arrange the places that a person may enter: few stay as they are, a group of one is no group."""
    if len(places) <= _FEW:
        return Menu(list(places), [])
    by_name = {place.name: place for place in places}
    groups = [Group(name, [by_name[one] for one in within if one in by_name]) for name, within in UNDER.items()]
    folded = [group for group in groups if len(group.places) > 1]
    hidden = {place.name for group in folded for place in group.places}
    return Menu([place for place in places if place.name not in hidden], folded)
