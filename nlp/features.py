"""What the classifiers see of a text: words, letter groups, word classes of the lexicon, and criteria.

Names, places and words of origin, religion, language or identity are masked first: nothing is learnt from them. A
feature is known by its block and its words (``w sans papiers``, ``c ^fug``, ``k keep papers``, ``g C05``); how they
become numbers is the matter of `nlp.space`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from nlp.criteria import Finding, find_criteria
from nlp.criteria.notation import word_class
from nlp.criteria.words import BOUNDARY, Word, load_yaml, words
from nlp.entities import entities
from nlp.fold import fold
from nlp.frequencies import small_words
from nlp.grid import load_grid
from nlp.tokens import tokens
from nlp.types import SIGNALS, Entities, Kind

MASK = "_"
PAIR_REACH = 3
"""Words apart that two word classes may stand to make a pair."""
_UNSEEN = frozenset({"number", "names_sep", "young_age", "eighteen"})
_COUNTER = re.compile(r"g N\d\d")
_GRAMS = (3, 4, 5)
_LEAST_GRAM_WORD = 3
_FIRST_PERSON = frozenset(["je", "i", "me", "my", "mon", "ma", "mes", "moi"])


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
        elif is_demographic(word.text) or _looks_proper(text, word, opens):
            yield MASK
        else:
            yield word.text
        opens = word.text == BOUNDARY


def _looks_proper(text: str, word: Word, opens: bool) -> bool:
    """Tell whether a word is typed as a name is; one that opens a sentence counts if nobody types it otherwise."""
    typed = text[word.start : word.end]
    capital = len(typed) > 1 and typed[0].isupper() and typed[1:].islower() and not classes_of(word.text)
    return capital and not (opens and word.text in small_words())


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
