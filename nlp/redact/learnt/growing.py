"""Which tokens go, when each has its probability: sure ones first, then what hangs together with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from nlp.redact.learnt.features import Around
from nlp.redact.learnt.tokens import Token

SEED = 0.16
"""Probability from which a token goes by itself."""
SEED_OF_COMMON = 0.6
"""The same of one of the commonest words, though somebody may be called so."""
SEED_OF_WORDS = 0.45
"""The same of any other word in small letters that nobody is known to be called."""
SEED_OF_NUMBERS = 0.4
"""The same of a number: days and amounts are everywhere."""
SEED_OF_DATES = 0.75
"""The same of a number beside a month: events have dates too."""
BESIDE = 0.1
"""The same right beside what goes, or what went before: half a name often tells as much as the whole."""
BESIDE_OF_CAPITALS = 0.04
"""The same of a word whose capital tells something."""
WEAK_BESIDE = 0.2
"""The same of a common word in small letters, or of a single letter."""
BESIDE_OF_NUMBERS = 0.3
"""The same of a number beside a name and no other number: days and amounts stand there too."""
BETWEEN = 0.05
"""The same between two such."""
IN_CODE = 0.03
"""The same in a run of letters and digits without a blank of which a part goes."""
_LINKS = frozenset(" -'.,/#&")
_NUMBERED = ("<ADDRESS>", "<ID_NUMBER>", "<PHONE>")
_FARTHEST = 3
"""Characters between two tokens that still stand right beside each other."""


class Growth:
    """The tokens of a page that go; `probability` is asked only of those that may."""

    def __init__(self, text: str, around: Around, may_go: Sequence[bool], probability: Callable[[int], float]) -> None:
        self._text, self._around, self._tokens = text, around, around.tokens
        self._may_go, self._probability = may_go, probability
        self.gone: set[int] = set()

    def grow(self, seeds: Sequence[int]) -> set[int]:
        """Return the places of the seeds and of all that goes with them or with earlier finds."""
        self.gone.update(seeds)
        finds = (place for place, token in enumerate(self._tokens) if token.is_find)
        edge = deque(sorted({*seeds, *finds}))
        while edge:
            place = edge.popleft()
            for other in (self._beside(place, -1), self._beside(place, 1)):
                if other is not None and self._may_go[other] and not self._is_out(other) and self._goes(other):
                    self.gone.add(other)
                    edge.append(other)
        return self.gone

    def _is_out(self, place: int) -> bool:
        return place in self.gone or self._tokens[place].is_find

    def _goes(self, place: int) -> bool:
        sides = [side for step in (-1, 1) if (side := self._beside(place, step)) is not None and self._is_out(side)]
        token = self._tokens[place]
        single = token.word is not None and len(token.told) < 2
        least = BETWEEN if len(sides) > 1 and not single else BESIDE_OF_CAPITALS if token.kind[-1] == "C" else BESIDE
        if token.word is None and not any(_is_numbered(self._tokens[side]) for side in sides):
            least = BESIDE_OF_NUMBERS
        elif single or (token.kind == "wordl" and len(sides) < 2):
            least = WEAK_BESIDE
        if self._around.in_code(place) and any(self._is_glued(place, side) for side in sides):
            least = IN_CODE
        return self._probability(place) > least

    def _is_glued(self, one: int, two: int) -> bool:
        return all(token.glued for token in self._tokens[min(one, two) + 1 : max(one, two) + 1])

    def _beside(self, place: int, step: int) -> int | None:
        """Return the next word, number or find to a side, if only a few links stand between."""
        other = place + step
        while 0 <= other < len(self._tokens):
            token = self._tokens[other]
            if token.is_candidate or token.is_find:
                return other if self._hang_together(*sorted((place, other))) else None
            if token.told not in _LINKS:
                return None
            other += step
        return None

    def _hang_together(self, one: int, two: int) -> bool:
        between = self._text[self._tokens[one].end : self._tokens[two].start]
        return len(between) <= _FARTHEST and _LINKS.issuperset(between)


def _is_numbered(token: Token) -> bool:
    return token.word is None and (token.told[0] == "#" or token.told in _NUMBERED)


def runs(text: str, tokens: Sequence[Token], gone: set[int]) -> list[tuple[int, int]]:
    """Return the first and last tokens of what goes, together where only a blank or a sign of codes stands between."""
    found: list[tuple[int, int]] = []
    for place in sorted(gone):
        if found and _joined(text[tokens[found[-1][1]].end : tokens[place].start]):
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _joined(between: str) -> bool:
    return len(between) <= 1 and between in (" ", "-", "'", ".", "/", "")
