"""What a word and the words around it are, as features: short strings, each of them there or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nlp.frequencies import frequencies, small_words
from nlp.lexicon import word_lists
from nlp.redact.gazetteers import city_at, names, nobody, phrase_at, small_places
from nlp.redact.page import Page, Word
from nlp.redact.standins import STAND_IN
from nlp.redact.vocabulary import in_dictionary, may_be_word
from nlp.tokens import stem

_TOKEN = re.compile(r"[\ue000-\uf8ff]|[^\W\d_]+|\d+|\n+|[^\w\s]|_")
_TYPES = {char: type_ for type_, char in STAND_IN.items()}
_BOUNDS = (3, 10, 50)
"""Posts that hold a stem, from which it is of the next class of commonness."""
_REACH = (-3, -2, -1, 1, 2, 3)
_NEAR = 2
"""So far from the word, neighbours tell their endings and lists too."""
_LONG = 8
_TELLING_END = 3
_LOOKED_AT = 4
"""Letters from which a word in no list was looked at for that alone, and left: laughter, foreign words."""
_LEAST_COMMON = ("f0", "f1")


@lru_cache(maxsize=1)
def _lists() -> dict[str, tuple[str, ...]]:
    """Return the names of the context lists that hold a word, by word."""
    found: dict[str, list[str]] = {}
    for name, listed in sorted(word_lists("redaction").items()):
        for word in listed:
            if word.isalpha():
                found.setdefault(word, []).append(name)
    return {word: tuple(some) for word, some in found.items()}


@lru_cache(maxsize=1 << 14)
def _traits(word: str) -> tuple[str, ...]:
    """Return what lists and dictionaries say of a folded word."""
    known = names()
    sets = (
        ("given", known.given),
        ("given_unsure", known.given_unsure),
        ("given_soft", known.given_soft),
        ("family", known.family),
        ("family_unsure", known.family_unsure),
        ("nobody", nobody()),
        ("small", small_words()),
    )
    listed = [name for name, some in sets if word in some]
    if in_dictionary(word):
        listed.append("dictionary")
    elif may_be_word(word):
        listed.append("texted")
    count = frequencies().stems.get(stem(word), 0)
    return (*listed, f"f{(count > 0) + sum(count >= bound for bound in _BOUNDS)}")


@lru_cache(maxsize=1 << 14)
def kind_of(word: str) -> str:
    """Return what a folded word may be: a kind of name, "unknown", "rare", or "word" for what is never asked about."""
    traits = _traits(word)
    for kind in ("given", "given_soft", "given_unsure", "family", "family_unsure"):
        if kind in traits:
            return kind
    if not {"small", "dictionary", "texted"} & set(traits):
        return "unknown" if len(word) < _LOOKED_AT else "word"
    return "rare" if traits[-1] in _LEAST_COMMON else "word"


@lru_cache(maxsize=1 << 14)
def is_listed(word: str) -> bool:
    """Tell whether a list of names, a dictionary or a post has a folded word."""
    return len(_traits(word)) > 1


class Around:
    """The words of a page, and what stands around each."""

    def __init__(self, page: Page) -> None:
        self._page = page
        matches = list(_TOKEN.finditer(page.text))
        self._tokens = [_told(match[0]) for match in matches]
        self._places = {match.start(): place for place, match in enumerate(matches)}

    def knows(self, index: int) -> bool:
        """Tell whether a word stands by itself; half a word beside a stand-in does not."""
        return self._page.words[index].start in self._places

    def features(self, index: int) -> list[str]:
        """Return the features of a word in its place; none of them is the word itself."""
        word = self._page.words[index]
        case = self._case(word)
        kind = kind_of(word.text) + case
        near = {reach: self._token(self._places[word.start] + reach) for reach in _REACH}
        return [*self._own(index, word, case, kind), *_neighbours(near, kind), *_together(near)]

    def _own(self, index: int, word: Word, case: str, kind: str) -> Iterator[str]:
        typed = self._page.as_typed(word.start, word.end)
        yield from (
            f"case={case}",
            f"opens={word.opens:d}{case}",
            f"kind={kind}",
            f"length={min(len(word.text), _LONG)}",
        )
        yield from (f"ends={word.text[-3:]}", f"ends={word.text[-2:]}", f"ascii={typed.isascii():d}")
        traits = list(_traits(word.text))
        if city_at(self._page, index):
            traits.append("city")
        if phrase_at(self._page, index, small_places()):
            traits.append("place")
        for trait in traits:
            yield from (f"is={trait}", f"is={trait}{case}")

    def _case(self, word: Word) -> str:
        typed = self._page.as_typed(word.start, word.end)
        if word.capital:
            return "C"
        return "U" if typed.isupper() and len(typed) > 1 else "T" if typed[:1].isupper() else "l"

    def _token(self, place: int) -> str:
        if place < 0:
            return "^"
        return self._tokens[place] if place < len(self._tokens) else "$"


def _told(token: str) -> str:
    """Return a token as features name it: figures are alike, a line's end is a sign, a stand-in is its type."""
    if token.isdigit():
        return "#"
    return "¶" if token[0] == "\n" else f"<{_TYPES[token]}>" if token in _TYPES else token


def _neighbours(near: dict[int, str], kind: str) -> Iterator[str]:
    for reach, token in near.items():
        yield f"{reach}={token}"
        if abs(reach) > _NEAR:
            continue
        yield f"{reach}={token}|{kind}"
        for name in _lists().get(token, ()):
            yield from (f"{reach}:{name}", f"{reach}:{name}|{kind}")
        if token.isalpha() and len(token) > _TELLING_END:
            yield from (f"{reach}-{token[-2:]}", f"{reach}-{token[-3:]}")


def _together(near: dict[int, str]) -> Iterator[str]:
    yield f"-2-1={near[-2]} {near[-1]}"
    yield f"-1+1={near[-1]} {near[1]}"
    yield f"+1+2={near[1]} {near[2]}"
    yield f"-3-2-1={near[-3]} {near[-2]} {near[-1]}"
    for before in _lists().get(near[-1], ("-",)):
        for after in _lists().get(near[1], ("-",)):
            yield f"-1+1:{before} {after}"
