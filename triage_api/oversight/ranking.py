"""Which look-ups deserve a look first: weights come from the house's own data, so that what is common here says little.

A reason weighs by how much more often it is met in improper look-ups (`EXPECTED`, a judgement) than in this house's
(counted). Of reasons in *whom* somebody looked for, the most telling one counts. Reasons in *how* are weighed together,
by how often this very combination is met here: two that always come together count about as one, and a house where
nobody has a request, or everybody works at night, hears nothing of it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, prod
from typing import Literal

from triage_api.oversight.looks import HOW, Look, Reason

EXPECTED: Mapping[Reason, float] = {
    "own_name": 0.1,
    "colleague": 0.15,
    "well_known": 0.15,
    "same_surname": 0.15,
    "repeated": 0.2,
    "off_shift": 0.3,
    "no_request": 0.6,
    "burst": 0.1,
    "unknown_contact": 0.2,
    "again_often": 0.1,
    "other_words": 0.2,
}
"""How often each reason is thought to be met among improper look-ups: most of those that police services punished had
no file behind them, many were of family, colleagues and the known (`docs/oversight.md`)."""
RANDOM_EVERY = 6
"""Each sixth place is drawn by chance, so that nobody can be sure to go unseen."""
_SMOOTH = 20
"""A combination counts as if met in so many look-ups more, whose reasons are independent: one is seldom met at all."""
_NAMES_SMOOTH = 500
"""The same for how often a name is looked for."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A look-up that was drawn."""

    look: Look
    sample: Literal["targeted", "random"]


def draw(looks: Sequence[Look], scores: Mapping[int, float], size: int, seed: str) -> list[Drawn]:
    """Return the look-ups to review, in order: the most telling first, each sixth place by chance.

    `scores` are those of `scored`, by `id` of a look-up. The same seed draws the same.
    """
    telling = sorted((look for look in looks if look.reasons), key=lambda look: (-scores[id(look)], _key(look)))
    searches = sorted((look for look in looks if look.search), key=_key)
    chance = random.Random(seed).sample(searches, len(searches))  # noqa: S311 - the seed is a secret until it is drawn
    left: dict[Literal["targeted", "random"], Iterator[Look]] = {"targeted": iter(telling), "random": iter(chance)}
    drawn: dict[int, Drawn] = {}
    for place in range(1, size + 1):
        first: Literal["targeted", "random"] = "targeted" if place % RANDOM_EVERY else "random"
        for sample in (first, "random", "targeted"):
            look = next((one for one in left[sample] if id(one) not in drawn), None)
            if look is not None:
                drawn[id(look)] = Drawn(look, sample)
                break
    return list(drawn.values())


def scored(looks: Sequence[Look]) -> dict[int, float]:
    """Return the weight of each look-up, by its `id`: searches among searches, openings among openings."""
    searches = [look for look in looks if look.search is not None]
    openings = [look for look in looks if look.search is None]
    return _scored(searches) | _scored(openings)


def _scored(looks: Sequence[Look]) -> dict[int, float]:
    weights = _Weights(looks)
    scores = {id(look): weights.who(look) + weights.how(look) for look in looks}
    for look, place in _places(looks):
        scores[id(look)] += weights.repeated(look) / place
    return scores


def _places(looks: Sequence[Look]) -> Iterator[tuple[Look, int]]:
    """Yield look-ups of the same thing by the same person, newest first, with their place: the next ones say less."""
    seen: Counter[tuple[str, int]] = Counter()
    for look in sorted((look for look in looks if look.times > 1), key=lambda look: look.at, reverse=True):
        seen[look.user, look.thing] += 1
        yield look, seen[look.user, look.thing]


class _Weights:
    """How often each reason, combination and name is met among some look-ups, and what each weighs for it."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._count = len(looks)
        self._met = Counter(reason for look in looks for reason in look.reasons)
        self._known = [reason for reason in HOW if self._met[reason]]
        self._together = Counter(frozenset(look.how) for look in looks)
        self._asked = Counter(name for look in looks for name in look.asked)
        self._asked_by = Counter((look.user, name) for look in looks for name in look.asked)
        self._times = Counter[int]()
        for look in looks:
            self._times[look.times] += 1

    def who(self, look: Look) -> float:
        """Return what the most telling reason in whom was looked for weighs; 0 without any."""
        return max((self._name(look, reason, name) for reason, name in look.who.items()), default=0.0)

    def _name(self, look: Look, reason: Reason, name: str) -> float:
        """Weigh a name by how often others look for it: the surname of many youths says less than a rare one."""
        others = self._asked[name] - self._asked_by[look.user, name]
        usual = (others + _NAMES_SMOOTH * self._share(reason)) / (self._count + _NAMES_SMOOTH)
        return max(log(EXPECTED[reason] / usual), 0.0)

    def how(self, look: Look) -> float:
        """Return what the reasons in how it was looked for weigh together; below 0 where little speaks for it."""
        expected = prod(_odds(EXPECTED[reason], reason in look.how) for reason in self._known)
        independent = prod(_odds(self._share(reason), reason in look.how) for reason in self._known)
        met = self._together[frozenset(look.how)]
        return log(expected * (self._count + _SMOOTH) / (met + _SMOOTH * independent))

    def repeated(self, look: Look) -> float:
        """Return what so many look-ups of one thing weigh: by how many things here are looked up as often."""
        as_often = sum(count / times for times, count in self._times.items() if times >= look.times)
        return max(log(EXPECTED["repeated"] * (self._count + 1) / (as_often + 0.5)), 0.0)

    def _share(self, reason: Reason) -> float:
        return (self._met[reason] + 0.5) / (self._count + 1)


def _odds(share: float, met: bool) -> float:
    return share if met else 1 - share


def _key(look: Look) -> tuple[str, int]:
    return look.search or "", look.entry or 0
