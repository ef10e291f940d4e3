"""Learn the weights from marked texts: what the rules leave of each is weighed against its marks.

Each text is read twice: as it is, and with its names of one word put behind others that are also words, mostly in
small letters, so that the weights tell names by their places and not by the lists alone.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it has no types

from nlp.clean import clean
from nlp.redact import found_by_rules, left_by_rules
from nlp.redact.gazetteers import names
from nlp.redact.learnt.features import Around
from nlp.redact.learnt.marked import Marked
from nlp.redact.learnt.weights import BIAS, Weights
from nlp.redact.lists import words
from nlp.redact.spans import TYPES

_SEED = 3
_SMALL = 0.6
"""Share of the disguised texts that are put in small letters."""
_STRENGTH = 0.3
"""Inverse of the regularisation; from 0.1 to 1 it changes little."""
_TYPE_STRENGTH = 0.1
_LEAST = 2
"""Tokens that a feature must stand with."""
_SMALLEST = 0.02
"""Weights smaller than this are left out."""
_GENERIC = words("parts_that_tell_nobody_apart")
_SMALLEST_OF_TYPE = 0.2
_NEVER = -9.0
"""Bias of a type that no marked text has."""


class NoMarks(ValueError):
    """The texts hold no marked identifier that the rules leave, or nothing else."""


class Table:
    """Tokens to learn from: the features of each, and the type of the identifier that it is part of, or ""."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self._ids: dict[str, int] = {}
        self._columns = array("l")
        self._ends = array("l", [0])

    def add(self, features: Iterable[str], type_: str) -> None:
        """Add a token."""
        self._columns.extend(self._ids.setdefault(feature, len(self._ids)) for feature in features)
        self._ends.append(len(self._columns))
        self.types.append(type_)

    def rows(self, which: Sequence[bool]) -> tuple[list[str], csr_matrix]:
        """Return the features that stand often enough with some of the tokens, and which of them each has."""
        shape = (len(self.types), len(self._ids))
        ones = np.ones(len(self._columns))
        all_ = csr_matrix((ones, np.array(self._columns), np.array(self._ends)), shape=shape)[np.array(which)]
        often = np.flatnonzero(all_.getnnz(axis=0) >= _LEAST)
        features = np.array(list(self._ids))[often]
        return features.tolist(), all_[:, often]


def learn(texts: Iterable[Marked]) -> Weights:
    """Return the weights that marked texts teach; the same texts give the same weights. Raises `NoMarks`."""
    draw = random.Random(_SEED)  # noqa: S311 - for the same examples each time
    table = Table()
    for text in texts:
        for one in (text, disguised(text, draw)):
            for features, type_ in tokens_to_learn(one) if one is not None else ():
                table.add(features, type_)
    marked = [type_ != "" for type_ in table.types]
    if len(set(marked)) < 2:
        raise NoMarks("it takes texts with marked identifiers that the rules leave, and with other words, to learn")
    return Weights(_weights(table, marked), _types(table, marked))


def marked_by_rules(text: str) -> Marked:
    """Mark what the rules find in a text that nobody marked."""
    return Marked(clean(text), tuple((span.start, span.end, span.type) for span in found_by_rules(text)))


def tokens_to_learn(case: Marked) -> Iterator[tuple[list[str], str]]:
    """Yield the features of tokens of a text, and the type of the identifier that each is part of or "".

    First those that the rules leave, and then those left where all marks are found too: none of them is part of one.
    Words that tell nobody apart ("rue", "école") teach nothing inside an identifier.
    """
    for found in ((), case.spans):
        page, way_back = left_by_rules(case.text, found)
        around = Around(page)
        for place, token in enumerate(around.tokens):
            if not token.is_candidate:
                continue
            start, end = way_back(token.start, token.end)
            told = next((type_ for first, last, type_ in case.spans if start < last and end > first), "")
            if not told or token.told not in _GENERIC:
                yield around.features(place), told


def disguised(case: Marked, draw: random.Random) -> Marked | None:
    """Put each name of one word behind another that is also a word; None for a text without such names."""
    text, spans, last = "", [], 0
    for start, end, type_ in case.spans:
        words_ = case.text[start:end]
        if type_ == "PERSON" and words_.isalpha():
            other = draw.choice(_disguises())
            words_ = other.capitalize() if words_[0].isupper() else other
        text += case.text[last:start]
        spans.append((len(text), len(text) + len(words_), type_))
        text, last = text + words_, end
    text += case.text[last:]
    if draw.random() < _SMALL and len(text.lower()) == len(text):
        text = text.lower()
    return Marked(text, tuple(spans)) if any(type_ == "PERSON" for *_, type_ in spans) else None


@cache
def _disguises() -> list[str]:
    """Return names that are also words, and short forms, in a fixed order."""
    return sorted(word for word in names().given_unsure | words("diminutives") if len(word) > 1)


def _fitted(rows: csr_matrix, told: Sequence[object], strength: float) -> LogisticRegression:
    with threadpool_limits(1):
        return LogisticRegression(C=strength, max_iter=500).fit(rows, told)


def _weights(table: Table, marked: Sequence[bool]) -> dict[str, float]:
    features, rows = table.rows([True] * len(marked))
    fitted = _fitted(rows, marked, _STRENGTH)
    weights = dict(zip(features, fitted.coef_[0].round(2).tolist(), strict=True))
    told = {feature: weight for feature, weight in weights.items() if abs(weight) >= _SMALLEST}
    return told | {BIAS: round(float(fitted.intercept_[0]), 2)}


def _types(table: Table, marked: Sequence[bool]) -> dict[str, tuple[float, ...]]:
    """Return the weights of a second model, which tells the types of what is marked apart: one against the others."""
    features, rows = table.rows(marked)
    told = [type_ for type_ in table.types if type_]
    columns, biases = [], []
    for type_ in TYPES:
        is_it = [one == type_ for one in told]
        fitted = _fitted(rows, is_it, _TYPE_STRENGTH) if len(set(is_it)) > 1 else None
        columns.append(np.zeros(len(features)) if fitted is None else fitted.coef_[0].round(1))
        biases.append((-_NEVER if all(is_it) else _NEVER) if fitted is None else round(float(fitted.intercept_[0]), 2))
    table_ = np.stack(columns, axis=1)
    kept = np.abs(table_).max(axis=1) >= _SMALLEST_OF_TYPE
    return {
        feature: tuple(row) for feature, row, keep in zip(features, table_.tolist(), kept.tolist(), strict=True) if keep
    } | {BIAS: tuple(biases)}
