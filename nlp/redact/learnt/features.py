"""What a token and those around it are, as features: short strings, each there or not.

They fall into groups that depend on few things each (the token itself, one neighbour, a pair), so that the sum of a
group's weights is worked out once for each such thing and then remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nlp.redact.learnt.tokens import Token, chunks_of, tokens_of
from nlp.redact.lists import words
from nlp.redact.page import Page

_REACH = (-4, -3, -2, -1, 1, 2, 3, 4)
_NEAR = 2
"""So far from the token, neighbours tell their lists, endings and kinds too."""
_FIND_REACH = 5
_BAG = 8
"""Words before a token on its line, whatever their order."""
_LONG = 9
_TELLING_END = 3
_STOPS = frozenset("¶.!?")
_MONTHS = words("months")
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_RUN = re.compile(r"(.)\1+")
_LATE_YEAR = re.compile(r"20[2-9]\d")
_YEAR = re.compile(r"(?:19|20)\d\d")

Group = tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def own(token: tuple[str, str, tuple[str, ...], bool]) -> Group:
    """Return the features of a word by itself: told, kind, traits, and whether it opens a sentence."""
    told, kind, traits, opens = token
    case = kind[-1]
    return (
        f"me={kind}",
        f"w={told}",
        f"case={case}",
        f"opens={opens:d}{case}",
        f"e3={told[-3:]}",
        f"e2={told[-2:]}",
        f"len={min(len(told), _LONG)}{case}",
        *(f"is={trait}" for trait in traits),
        *(f"is={trait}{case}" for trait in traits),
    )


@lru_cache(maxsize=1 << 17)
def neighbour(reach: int, told: str, kind: str, traits: Group, me: str) -> Group:
    """Return the features of a token of kind `me` that one neighbour gives, so many tokens on (less than 0: back)."""
    plain = f"{reach}={told}"
    if abs(reach) > _NEAR:
        return (plain,)
    ending = (f"{reach}-{told[-3:]}",) if told.isalpha() and len(told) > _TELLING_END else ()
    listed = [f"{reach}:{trait}" for trait in traits]
    both = [plain, f"{reach}c={kind}", *listed]
    return (*both, *(f"{one}|{me}" for one in both), *ending)


class Around:
    """The tokens of a page, and the features of each in its place."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.tokens = tokens_of(page)
        self._shapes: dict[int, Group] = {}
        for first, last in chunks_of(page, self.tokens):
            shape = _shape(page.text[self.tokens[first].start : self.tokens[last].end].strip(".:;!?"))
            self._shapes.update(dict.fromkeys(range(first, last + 1), shape))

    def in_code(self, place: int) -> bool:
        """Tell whether a token stands in a run without blanks that holds a number."""
        return place in self._shapes

    def is_late_year(self, place: int) -> bool:
        """Tell whether a number is a year in which more events than births are told of."""
        token = self.tokens[place]
        return bool(_LATE_YEAR.fullmatch(self._page.text, token.start, token.end))

    def is_in_date(self, place: int) -> bool:
        """Tell whether a number stands beside the name of a month."""
        return any(self._at(place + side).told in _MONTHS for side in (-2, -1, 1, 2))

    def near(self, place: int) -> Iterator[Group]:
        """Yield the features of a token that it has by itself, and from single neighbours, group by group."""
        token = self.tokens[place]
        if token.word is None:
            yield _number(self._page.text[token.start : token.end], token.kind)
        else:
            yield own((token.told, token.kind, token.traits, token.word.opens))
        for reach in _REACH:
            other = self._at(place + reach)
            yield neighbour(reach, other.told, other.kind, other.traits, token.kind)

    def rest(self, place: int) -> Iterator[Group]:
        """Yield all other features of a token, group by group."""
        yield self._shapes.get(place, ())
        yield self._together(place)
        yield tuple(self._finds(place))
        yield tuple(self._bag(place))

    def features(self, place: int) -> list[str]:
        """Return all features of a token."""
        return [feature for groups in (self.near(place), self.rest(place)) for group in groups for feature in group]

    def _at(self, place: int) -> Token:
        return _BEGIN if place < 0 else self.tokens[place] if place < len(self.tokens) else _END

    def _together(self, place: int) -> Group:
        """Return what pairs and threes of tokens give."""
        token = self.tokens[place]
        three, two, one, after, then = (self._at(place + reach) for reach in (-3, -2, -1, 1, 2))
        me = token.kind
        return (
            f"glued={token.glued:d}{after.glued:d}",
            f"-2-1={two.told} {one.told}",
            f"-1+1={one.told} {after.told}",
            f"+1+2={after.told} {then.told}",
            f"-3-2-1={three.told} {two.told} {one.told}",
            f"C-2-1={two.kind} {one.kind} {me}",
            f"C-1+1={one.kind} {me} {after.kind}",
            f"C+1+2={me} {after.kind} {then.kind}",
            f"-1C+1={one.told} {me} {after.kind}",
            f"C-1+1t={one.kind} {me} {after.told}",
        )

    def _finds(self, place: int) -> Iterator[str]:
        """Yield the nearest find to each side, as far as no sentence ends."""
        for side in (-1, 1):
            for distance in range(1, _FIND_REACH + 1):
                other = self._at(place + side * distance)
                if other.told in _STOPS:
                    break
                if other.is_find:
                    yield f"near{side}={other.told}{distance}"
                    yield f"near{side}={other.told}{distance}{self.tokens[place].kind}"
                    break

    def _bag(self, place: int) -> Iterator[str]:
        """Yield the words before on the line, each once."""
        me = "n" if place in self._shapes else "w"
        seen = set()
        for back in range(1, _BAG + 1):
            other = self._at(place - back)
            if other.told in ("¶", "^"):
                return
            if other.word is not None and other.told not in seen:
                seen.add(other.told)
                yield f"bag={other.told}|{me}"


_BEGIN, _END = (Token(sign, 0, 0, sign, (), None, glued=False) for sign in "^$")


def _number(digits: str, kind: str) -> Group:
    return (f"me={kind}", f"lead0={digits[0] == '0':d}", f"year={bool(_YEAR.fullmatch(digits)):d}")


def _shape(chunk: str) -> Group:
    """Return the shape of a code: "CJ-4471-B" is "aa-9999-a"."""
    letters = _LETTERS.sub(lambda match: "a" * min(len(match[0]), 5), chunk)
    shape = _DIGITS.sub(lambda match: "9" * min(len(match[0]), 7), letters)
    short = _RUN.sub(r"\1", shape)
    return (f"ch={shape}", f"ch2={short}", f"chn={min(9, sum(map(str.isdigit, chunk)))}")
