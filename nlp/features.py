"""What the classifiers see of a text: words, letter groups, word classes of the lexicon, and criteria.

Four blocks of features, each with TF-IDF weights (criteria: their own) and unit length, then scaled by what the block
is worth. Names, places and words of origin, religion, language or identity are masked first: nothing is learnt from
them. A feature is known by its block and its words (``w sans papiers``, ``c ^fug``, ``k keep papers``, ``g C05``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.criteria import Finding, find_criteria
from nlp.criteria.notation import word_class
from nlp.criteria.words import BOUNDARY, Word, load_yaml, words
from nlp.entities import entities
from nlp.fold import fold
from nlp.grid import load_grid
from nlp.tokens import stem, tokens
from nlp.types import SIGNALS, Entities, Kind

MASK = "_"
PAIR_REACH = 3
"""Words apart that two word classes may stand to make a pair."""
_UNSEEN = frozenset({"number", "names_sep", "young_age", "eighteen"})
_COUNTER = re.compile(r"g N\d\d")
_GRAMS = (3, 4, 5)
_LEAST_GRAM_WORD = 3
_FIRST_PERSON = frozenset(["je", "i", "me", "my", "mon", "ma", "mes", "moi"])

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text made ready: plain words, masked words, entities and findings; offsets are into `text`."""

    text: str
    kind: Kind
    words: tuple[Word, ...]
    masked: tuple[str, ...]
    entities: Entities
    findings: tuple[Finding, ...]


def prepare(text: str, kind: Kind, found: Entities | None = None) -> Prepared:
    """Read the words, entities and criteria of a text; linear time."""
    found = entities(text) if found is None else found
    plain = words(text, tokens(text))
    masked = tuple(_masked(text, plain))
    return Prepared(text, kind, tuple(plain), masked, found, tuple(find_criteria(text, plain, found, kind)))


@cache
def _demographic() -> tuple[frozenset[str], re.Pattern[str]]:
    data = load_yaml("demographics.yaml")
    entries = [fold(str(one)).text for one in f"{data['words']} {data['names']}".split()]
    stems = "|".join(re.escape(one[:-1]) for one in entries if one[-1] == "*")
    return frozenset(one for one in entries if one[-1] != "*"), re.compile(rf"(?:{stems})")


@lru_cache(maxsize=65_536)
def is_demographic(word: str) -> bool:
    """Tell whether a plain word is a first name or says origin, religion, language or identity."""
    whole, stems = _demographic()
    return word in whole or (not classes_of(word) and stems.match(word) is not None)


def _masked(text: str, plain: Sequence[Word]) -> Iterator[str]:
    """Yield each word, or `MASK` for names, places and demographic words; digits become one figure a length."""
    opens = True
    for word in plain:
        if word.text == BOUNDARY:
            yield BOUNDARY
        elif word.text.isdigit():
            yield "0" * min(len(word.text), 4)
        elif is_demographic(word.text) or (not opens and _looks_proper(text, word)):
            yield MASK
        else:
            yield word.text
        opens = word.text == BOUNDARY


def _looks_proper(text: str, word: Word) -> bool:
    typed = text[word.start : word.end]
    return len(typed) > 1 and typed[0].isupper() and typed[1:].islower() and not classes_of(word.text)


@cache
def _classes() -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    whole: dict[str, list[str]] = {}
    begun: list[tuple[str, str]] = []
    for name in load_yaml("lexicon.yaml"):
        if name in _UNSEEN:
            continue
        entries, prefixes = word_class(name)
        for entry in sorted(entries):
            whole.setdefault(entry, []).append(name)
        begun += [(prefix, name) for prefix in sorted(prefixes)]
    return {word: tuple(names) for word, names in whole.items()}, tuple(begun)


@lru_cache(maxsize=65_536)
def classes_of(word: str) -> tuple[str, ...]:
    """Return the classes of the lexicon that a plain word belongs to."""
    whole, begun = _classes()
    own = whole.get(word, ())
    return (*own, *(name for prefix, name in begun if word.startswith(prefix) and name not in own))


@lru_cache(maxsize=65_536)
def grams(word: str) -> tuple[str, ...]:
    """Return the letter groups of a plain word, its edges marked."""
    if len(word) < _LEAST_GRAM_WORD:
        return ()
    edged = f"^{word}$"
    return tuple(f"c {edged[at : at + size]}" for size in _GRAMS for at in range(len(edged) - size + 1))


@dataclass(frozen=True, slots=True)
class Term:
    """One feature met in a text, at the half-open range of words that holds it."""

    name: str
    start: int
    end: int


def terms(ready: Prepared) -> Iterator[Term]:
    """Yield every feature of the text but criteria, with where it stands."""
    yield from _word_terms(ready.masked)
    yield from _class_terms(ready.masked)


def _word_terms(masked: Sequence[str]) -> Iterator[Term]:
    before = BOUNDARY
    for at, word in enumerate(masked):
        if word not in (BOUNDARY, MASK):
            own = stem(word)
            yield Term(f"w {own}", at, at + 1)
            if before not in (BOUNDARY, MASK):
                yield Term(f"w {stem(before)} {own}", at - 1, at + 1)
            for gram in grams(word):
                yield Term(gram, at, at + 1)
        before = word


def _class_terms(masked: Sequence[str]) -> Iterator[Term]:
    recent: list[tuple[int, tuple[str, ...]]] = []
    for at, word in enumerate(masked):
        if word == BOUNDARY:
            recent.clear()
            continue
        own = classes_of(word)
        if not own:
            continue
        for name in own:
            yield Term(f"k {name}", at, at + 1)
        recent = [(place, names) for place, names in recent if at - place <= PAIR_REACH]
        for place, names in recent:
            for first in names:
                for second in own:
                    yield Term(f"k {first} {second}", place, at + 1)
        recent.append((at, own))


def criteria_values(ready: Prepared) -> dict[str, float]:
    """Return the criteria features: each criterion, each signal's criteria together, each counter, and the kind."""
    left: dict[str, float] = {}
    for one in ready.findings:
        left[one.criterion] = left.get(one.criterion, 1.0) * (1 - 0.7 * one.weight)
        for context in one.context:
            left[f"{context} {one.criterion[0]}"] = 0.3
    for signal, raising in _raising().items():
        missing = [left[name] for name in raising if name in left]
        if missing:
            left[f"any {signal}"] = float(np.prod(missing))
            left[f"many {signal}"] = 1 - min(1.0, (len(missing) - 1) / 2)
    values = {f"g {name}": 1 - rest for name, rest in left.items() if rest < 1}
    values.update(_opposed(values))
    if ready.kind == "ad":
        values["g ad"] = 0.5
    if not _FIRST_PERSON.isdisjoint(ready.masked):
        values["g first person"] = 0.5
    return values


def _opposed(values: dict[str, float]) -> dict[str, float]:
    """Return what each counter-indicator sets against each signal's criteria: a sign in a song is another sign."""
    counters = [(name, value) for name, value in values.items() if _COUNTER.fullmatch(name)]
    shown = [(signal, values[f"g any {signal}"]) for signal in SIGNALS if f"g any {signal}" in values]
    return {f"{name} {signal}": value * sign for name, value in counters for signal, sign in shown}


@cache
def _raising() -> dict[str, tuple[str, ...]]:
    return {signal: tuple(one.id for one in load_grid().raising(signal)) for signal in SIGNALS}


BLOCKS = ("w", "c", "k", "g")


@dataclass(frozen=True)
class Space:
    """The features that a model knows: `names` in order, `idf` one a feature, `scales` one a block."""

    names: tuple[str, ...]
    idf: Floats
    scales: dict[str, float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {name: at for at, name in enumerate(self.names)})

    index: dict[str, int] = None  # type: ignore[assignment] # made from the names when the space is

    def vector(self, ready: Prepared) -> tuple[Integers, Floats]:
        """Return the places and values of a text's features, each block of unit length before scaling."""
        counts: dict[str, dict[int, int]] = {block: {} for block in BLOCKS[:3]}
        index = self.index
        for term in terms(ready):
            at = index.get(term.name)
            if at is not None:
                block = counts[term.name[0]]
                block[at] = block.get(at, 0) + 1
        parts = [self._block(name, block) for name, block in counts.items() if block]
        known = [(index[name], value) for name, value in criteria_values(ready).items() if name in index]
        if known:
            places, values = zip(*known, strict=True)
            parts.append((np.array(places, dtype=np.int64), np.array(values) * self.scales["g"]))
        if not parts:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        return np.concatenate([places for places, _ in parts]), np.concatenate([values for _, values in parts])

    def _block(self, name: str, counts: dict[int, int]) -> tuple[Integers, Floats]:
        places = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * self.idf[places]
        return places, values * (self.scales[name] / np.sqrt(values @ values))


def fit_space(texts: Iterable[Prepared], least: dict[str, int], scales: dict[str, float]) -> Space:
    """Learn which features exist and how rare each is; one in fewer texts than its block's `least` is left out."""
    seen: dict[str, int] = {}
    size = 0
    for ready in texts:
        size += 1
        names: dict[str, Any] = dict.fromkeys(term.name for term in terms(ready))
        names.update(criteria_values(ready))
        for name in names:
            seen[name] = seen.get(name, 0) + 1
    kept = sorted(name for name, count in seen.items() if count >= least[name[0]])
    idf = np.array([np.log((1 + size) / (1 + seen[name])) + 1 for name in kept])
    return Space(tuple(kept), idf, dict(scales))
