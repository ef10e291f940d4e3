"""The space of features that a model knows, and texts as points in it.

A text is read once into occurrences (which feature, over which words); its vector and the words that carried a score
both come from them. What a word gives is the same wherever it stands, so it is looked up once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlp.criteria.words import BOUNDARY
from nlp.features import MASK, PAIR_REACH, Prepared, classes_of, criteria_values, grams
from nlp.tokens import stem

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BLOCKS = ("w", "c", "k", "g")
_REMEMBERED = 100_000
"""Words, and pairs of word classes, whose features are kept at hand."""


class Occurrences(NamedTuple):
    """The features met in a text, one entry a time, and the first and last word that hold each."""

    places: Integers
    first: Integers
    last: Integers


@dataclass(frozen=True, slots=True)
class Point:
    """A text in a space: the places and values of its features, those made of words first, and where these were met."""

    places: Integers
    values: Floats
    met: Occurrences


def word_names(word: str) -> Iterator[str]:
    """Yield the features that a plain word gives by itself."""
    yield f"w {stem(word)}"
    yield from grams(word)
    yield from (f"k {name}" for name in classes_of(word))


def pair_names(first: str, second: str) -> Iterator[str]:
    """Yield the features that a word and the next one give together."""
    yield f"w {stem(first)} {stem(second)}"


def class_pair_names(first: tuple[str, ...], second: tuple[str, ...]) -> Iterator[str]:
    """Yield the features that the classes of two words near one another give."""
    yield from (f"k {one} {other}" for one in first for other in second)


class _Seen(NamedTuple):
    """What a walk over a text meets: single words, neighbours, and words of some class near one another."""

    words: list[tuple[int, str]]
    neighbours: list[tuple[int, str, str]]
    near: list[tuple[int, int, tuple[str, ...], tuple[str, ...]]]


def _walk(masked: Sequence[str]) -> _Seen:
    seen = _Seen([], [], [])
    before = ""
    recent: list[tuple[int, tuple[str, ...]]] = []
    for at, word in enumerate(masked):
        if word in (BOUNDARY, MASK):
            before = ""
            if word == BOUNDARY:
                recent = []
            continue
        seen.words.append((at, word))
        if before:
            seen.neighbours.append((at, before, word))
        before = word
        if own := classes_of(word):
            recent = [(place, names) for place, names in recent if at - place <= PAIR_REACH]
            seen.near.extend((place, at, names, own) for place, names in recent)
            recent.append((at, own))
    return seen


def _names(masked: Sequence[str]) -> Iterator[str]:
    """Yield every feature of a text that is made of its words."""
    seen = _walk(masked)
    yield from chain.from_iterable(word_names(word) for _, word in seen.words)
    yield from chain.from_iterable(pair_names(one, other) for _, one, other in seen.neighbours)
    yield from chain.from_iterable(class_pair_names(one, other) for _, _, one, other in seen.near)


class Space:
    """The features that a model knows: `names` in order, `idf` one a feature, `scales` one a block."""

    def __init__(self, names: Iterable[str], idf: Floats, scales: dict[str, float]) -> None:
        self.names = tuple(names)
        self.idf = idf
        self.scales = dict(scales)
        self._index = {name: at for at, name in enumerate(self.names)}
        self._block = np.array([BLOCKS.index(name[0]) for name in self.names], dtype=np.int64)
        self._scale = np.array([self.scales[block] for block in BLOCKS])
        self._words: dict[str, list[int]] = {}
        self._pairs: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}

    def point(self, ready: Prepared) -> Point:
        """Return a text's features, each block but the criteria's of unit length before scaling."""
        met = self._met(ready.masked)
        places, counts = np.unique(met.places, return_counts=True)
        values = self._scaled(places, (1 + np.log(counts)) * self.idf[places])
        known = [(self._index[name], value) for name, value in criteria_values(ready).items() if name in self._index]
        if known:
            more, theirs = zip(*known, strict=True)
            places = np.concatenate((places, np.array(more, dtype=np.int64)))
            values = np.concatenate((values, np.array(theirs) * self.scales["g"]))
        return Point(places, values, met)

    def carried(self, weights: Floats, point: Point, size: int) -> Floats:
        """Return what each of `size` words added to a linear score; all together, all that words added.

        What a feature added is shared by the times that it was met, and each share by its first and last word.
        """
        met = point.met
        places, at, counts = np.unique(met.places, return_inverse=True, return_counts=True)
        added = (weights[places] * point.values[: len(places)] / counts)[at] / 2
        return np.asarray(np.bincount(met.first, added, size) + np.bincount(met.last, added, size), dtype=np.float64)

    def _scaled(self, places: Integers, values: Floats) -> Floats:
        blocks = self._block[places]
        lengths = np.sqrt(np.bincount(blocks, values * values, len(BLOCKS)))
        return np.asarray(values * (self._scale / np.maximum(lengths, 1e-12))[blocks])

    def _met(self, masked: Sequence[str]) -> Occurrences:
        places: list[int] = []
        first: list[int] = []
        last: list[int] = []
        seen = _walk(masked)
        for at, word in seen.words:
            own = self._of_word(word)
            places += own
            first += [at] * len(own)
        last += first
        for at, one, other in seen.neighbours:
            for name in pair_names(one, other):
                if (place := self._index.get(name)) is not None:
                    places.append(place)
                    first.append(at - 1)
                    last.append(at)
        for start, end, names, others in seen.near:
            own = self._of_classes(names, others)
            places += own
            first += [start] * len(own)
            last += [end] * len(own)
        return Occurrences(*(np.array(one, dtype=np.int64) for one in (places, first, last)))

    def _of_word(self, word: str) -> list[int]:
        known = self._words.get(word)
        if known is None:
            known = self._known(word_names(word))
            if len(self._words) < _REMEMBERED:
                self._words[word] = known
        return known

    def _of_classes(self, one: tuple[str, ...], other: tuple[str, ...]) -> list[int]:
        known = self._pairs.get((one, other))
        if known is None:
            known = self._known(class_pair_names(one, other))
            if len(self._pairs) < _REMEMBERED:
                self._pairs[one, other] = known
        return known

    def _known(self, names: Iterable[str]) -> list[int]:
        return [self._index[name] for name in names if name in self._index]


def feature_names(ready: Prepared) -> set[str]:
    """Return the features of a text, each once."""
    return {*_names(ready.masked), *criteria_values(ready)}


def fit_space(
    texts: Iterable[Prepared], least: dict[str, int], scales: dict[str, float], barred: frozenset[str] = frozenset()
) -> Space:
    """Learn which features exist and how rare each is.

    One in fewer texts than its block's `least` is left out, and so is what is `barred`.
    """
    seen: dict[str, int] = {}
    size = 0
    for ready in texts:
        size += 1
        for name in feature_names(ready):
            seen[name] = seen.get(name, 0) + 1
    kept = sorted(name for name, count in seen.items() if count >= least[name[0]] and name not in barred)
    idf = np.array([np.log((1 + size) / (1 + seen[name])) + 1 for name in kept])
    return Space(kept, idf, scales)
