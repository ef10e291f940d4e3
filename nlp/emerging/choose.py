"""Choosing what is listed: terms with enough support that rose twice, against earlier posts and against unflagged ones.

Everything is counted in *voices*: all posts of one author or campaign are one voice, so that nobody can lift a term by
repeating it. The outcome depends on the posts alone, not on their order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nlp.emerging.odds import Share, rise
from nlp.emerging.private import Readings
from nlp.emerging.terms import LISTS, WordList, cities_listed, is_informal, is_known, is_place, terms
from nlp.fold import fold
from nlp.types import Signal

Window = Literal["recent", "earlier"]

LEAST_POSTS = 5
"""Different texts that must hold a term."""
LEAST_VOICES = 3
LEAST_VOICES_UNKNOWN = 5
"""For a word that the shipped corpora do not know: it may be slang, or what a few people call somebody."""
LEAST_RISE = 1.96
"""The z-score from which a term counts as risen: a chance of one in forty each time."""
MOST = 50
"""Terms of one list: more would not be read."""

_SAME = 0.8
"""A word that stands in one phrase in so many of its posts is listed as that phrase."""
_LATIN = 0x250
_SIGNALS: Mapping[WordList, frozenset[Signal]] = {
    "recruitment": frozenset({"recruitment"}),
    "place": frozenset({"recruitment", "minor", "distress"}),
    "language": frozenset({"minor", "distress"}),
}
"""The posts that each list is drawn from."""


@dataclass(frozen=True, slots=True)
class FlaggedPost:
    """A post with a sign of danger; `copy` is shared by copies of one text, `voice` by posts of one hand."""

    text: str
    copy: str
    window: Window
    signals: frozenset[Signal]
    voice: str
    cities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnflaggedPost:
    """A post of the background."""

    text: str
    voice: str
    cities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rise:
    """A term of a list: how it is mostly written, in how many different texts, whether it was unheard of before.

    `z` is the lower of its two z-scores, against earlier posts and against the background.
    """

    list: WordList
    term: str
    shown: str
    posts: int
    fresh: bool
    z: float


def emerging(
    flagged: Sequence[FlaggedPost],
    unflagged: Iterable[UnflaggedPost],
    authors: Collection[str],
    kept: Collection[tuple[str, str]] = (),
) -> list[Rise]:
    """Return the terms of all lists, those that rose most first.

    Listed is what rose, and what is in `kept` (list and term) while it has support, risen or not. `authors` are the
    names of the posts' authors, whose own words are held back. Linear in the length of the texts.
    """
    posts = _Posts(flagged)
    found = {(list_, term): where for list_, term, where in posts.supported(frozenset(kept))}
    background = _Background(unflagged, {term for _, term in found})
    risen = [posts.risen(list_, term, where, background) for (list_, term), where in found.items()]
    strong = [one for one in risen if one.z >= LEAST_RISE or (one.list, one.term) in kept]
    readings = Readings([post.text for post in flagged], authors, posts.of)
    names = [one for one in strong if not (posts.is_city(one.term) or readings.names_nobody(one.term))]
    safe = [one for one in strong if one not in names and not _is_part(one, names)]
    listed = _arranged(safe, frozenset(kept))
    return [replace(one, shown=posts.shown(one.term, found[one.list, one.term])) for one in listed]


class _Posts:
    """The flagged posts, by the terms that they hold."""

    def __init__(self, flagged: Sequence[FlaggedPost]) -> None:
        self._posts = flagged
        self._holders: dict[str, list[int]] = defaultdict(list)
        self._cities: set[str] = set()
        voices: dict[tuple[WordList, Window], set[str]] = defaultdict(set)
        for place, post in enumerate(flagged):
            cities = cities_listed(post.cities)
            self._cities |= cities
            for term in {met.term for met in terms(post.text)} | cities:
                self._holders[term].append(place)
            for list_ in LISTS:
                if _SIGNALS[list_] & post.signals:
                    voices[list_, post.window].add(post.voice)
        self._all = {key: len(some) for key, some in voices.items()}

    def of(self, term: str) -> list[int]:
        """Return the places of all posts that hold a term."""
        return self._holders[term]

    def is_city(self, term: str) -> bool:
        """Tell whether a term is the canonical name of a city."""
        return term in self._cities

    def supported(self, kept: frozenset[tuple[str, str]]) -> Iterator[tuple[WordList, str, list[int]]]:
        """Yield each term with enough support, its list, and the posts that give it: recent ones, or all if kept."""
        for term, where in self._holders.items():
            if len(where) < LEAST_POSTS:
                continue
            for list_ in self._lists_of(term):
                mine = [place for place in where if _SIGNALS[list_] & self._posts[place].signals]
                recent = [place for place in mine if self._posts[place].window == "recent"]
                if self._is_enough(term, recent):
                    yield list_, term, recent
                elif (list_, term) in kept and self._is_enough(term, mine):
                    yield list_, term, mine

    def risen(self, list_: WordList, term: str, where: list[int], background: _Background) -> Rise:
        """Return how a term of a list rose, as the posts show that give it its support."""
        recent, earlier = self._share(list_, term, "recent"), self._share(list_, term, "earlier")
        z = min(rise(recent, earlier), rise(recent, background.share(term)))
        return Rise(list_, term, term, self._texts(where), earlier.holding == 0, z)

    def _lists_of(self, term: str) -> tuple[WordList, ...]:
        if self.is_city(term) or is_place(term):
            return ("place",)
        return ("recruitment", "language") if is_informal(term) else ("recruitment",)

    def _is_enough(self, term: str, where: list[int]) -> bool:
        known = self.is_city(term) or all(map(is_known, term.split()))
        least = LEAST_VOICES if known else LEAST_VOICES_UNKNOWN
        return self._texts(where) >= LEAST_POSTS and len({self._posts[place].voice for place in where}) >= least

    def _texts(self, where: list[int]) -> int:
        return len({self._posts[place].copy for place in where})

    def _share(self, list_: WordList, term: str, window: Window) -> Share:
        posts = [self._posts[place] for place in self._holders[term]]
        held = {post.voice for post in posts if post.window == window and _SIGNALS[list_] & post.signals}
        return Share(len(held), self._all.get((list_, window), 0))

    def shown(self, term: str, where: list[int]) -> str:
        """Return the commonest way to write a term, in small letters; the folded one if that is in disguise."""
        if self.is_city(term):
            return term
        typed: Counter[str] = Counter()
        for place in where:
            text = self._posts[place].text
            typed.update(" ".join(text[met.start : met.end].lower().split()) for met in terms(text) if met.term == term)
        best = min(typed, key=lambda form: (-typed[form], form))
        return best if _is_plain(best, term) else term


class _Background:
    """The unflagged posts, read once, as far as they hold the terms that are asked for."""

    def __init__(self, posts: Iterable[UnflaggedPost], wanted: Collection[str]) -> None:
        voices: set[str] = set()
        self._voices: dict[str, set[str]] = defaultdict(set)
        for post in posts:
            voices.add(post.voice)
            for term in ({met.term for met in terms(post.text)} | cities_listed(post.cities)).intersection(wanted):
                self._voices[term].add(post.voice)
        self._all = len(voices)

    def share(self, term: str) -> Share:
        """Return how many voices of the background hold a term."""
        return Share(len(self._voices[term]), self._all)


def _is_plain(typed: str, term: str) -> bool:
    """Tell whether what was typed can be shown: Latin letters, and nothing that nobody sees."""
    plain = all(ord(char) < _LATIN for char in typed if char.isalpha())
    return plain and typed.isprintable() and fold(typed).text.replace("'", "").replace("-", " ").split() == term.split()


def _arranged(found: Collection[Rise], kept: frozenset[tuple[str, str]]) -> list[Rise]:
    """Return what is listed, in order: each term in one list, no word that is but a part of a phrase, not too many."""
    order = sorted(found, key=lambda one: ((one.list, one.term) not in kept, -one.z, LISTS.index(one.list), one.term))
    once = list({one.term: one for one in reversed(order)}.values())
    listed = [one for one in once if (one.list, one.term) in kept or not _is_part(one, once)]
    listed.sort(key=lambda one: (-one.z, LISTS.index(one.list), one.term))
    room = dict.fromkeys(LISTS, MOST)
    chosen = []
    for one in listed:
        if (one.list, one.term) not in kept:
            room[one.list] -= 1
        if room[one.list] >= 0 or (one.list, one.term) in kept:
            chosen.append(one)
    return chosen


def _is_part(word: Rise, found: Iterable[Rise]) -> bool:
    return " " not in word.term and any(
        word.term in phrase.term.split() and phrase.posts >= _SAME * word.posts
        for phrase in found
        if phrase.list == word.list and " " in phrase.term and word.term != phrase.term
    )
