"""Learn the weights from texts without labels: the rules' finds are the names, what they leave are the words.

Each name of one word is put behind two others that are also words, mostly in a text in small letters, so that the
weights tell such names by their places alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it has no types

from nlp.redact import found_by_rules
from nlp.redact.gazetteers import names
from nlp.redact.lists import words
from nlp.redact.page import Page
from nlp.redact.slots.features import Around, kind_of
from nlp.redact.slots.weights import Weights
from nlp.redact.spans import Span
from nlp.redact.standins import STAND_IN

_SEED = 5
_DISGUISES = 2
_SMALL = 0.6
"""Share of the examples whose whole text is put in small letters."""
_STRENGTH = 0.5
"""Inverse of the regularisation; from 0.1 to 2 it changes little."""
_LEAST = 2
"""Examples that a feature must stand in."""
_UNTOLD = ("no list", "unknown")
"""Why finds are no examples: that they are names is a guess already."""

Example = tuple[list[str], bool]


class NoNames(ValueError):
    """The texts hold no name that the rules find, or no other word that may be one."""


def learn(texts: Iterable[str]) -> Weights:
    """Return the weights that the texts teach; the same texts give the same weights. Raises `NoNames`."""
    draw = random.Random(_SEED)  # noqa: S311 - for the same examples each time
    examples = [example for text in dict.fromkeys(texts) for example in examples_of(text, draw)]
    if len({name for _, name in examples}) < 2:
        raise NoNames("it takes texts with names, and with words that may be names, to learn where names stand")
    vectors = DictVectorizer()
    rows = vectors.fit_transform([dict.fromkeys(features, 1.0) for features, _ in examples])
    often = rows.getnnz(axis=0) >= _LEAST
    with threadpool_limits(1):
        fitted = LogisticRegression(C=_STRENGTH, max_iter=500).fit(rows[:, often], [name for _, name in examples])
    kept = vectors.get_feature_names_out()[often]
    weights = {str(feature): round(float(value), 3) for feature, value in zip(kept, fitted.coef_[0], strict=True)}
    bias = {"bias": round(float(fitted.intercept_[0]), 3)}
    return Weights(bias | {feature: value for feature, value in weights.items() if value})


def examples_of(text: str, draw: random.Random) -> Iterator[Example]:
    """Yield the features of a text's names, each in disguise, and of its other words that may be names."""
    found = found_by_rules(text)
    for span in found:
        name = text[span.start : span.end]
        if span.type == "PERSON" and name.isalpha() and not any(reason in span.why for reason in _UNTOLD):
            yield from (_disguised(text, found, span, draw) for _ in range(_DISGUISES))
    page = Page(_with_stand_ins(text, found)[0])
    around = Around(page)
    for index, word in enumerate(page.words):
        if kind_of(word.text) != "word" and around.knows(index):
            yield around.features(index), False


def _disguised(text: str, found: Sequence[Span], name: Span, draw: random.Random) -> Example:
    others = [span for span in found if span is not name]
    before, at = _with_stand_ins(text[: name.start], [span for span in others if span.end <= name.start])
    after, _ = _with_stand_ins(text[name.end :], [_moved(span, name.end) for span in others if span.start >= name.end])
    whole = before + draw.choice(_disguises()) + after
    if draw.random() < _SMALL and len(whole.lower()) == len(whole):
        whole = whole.lower()
    page = Page(whole)
    index = next(place for place, word in enumerate(page.words) if page.folded.span(word.start, word.end)[0] == at)
    return Around(page).features(index), True


def _moved(span: Span, by: int) -> Span:
    return Span(span.start - by, span.end - by, span.type, span.value, span.why)


def _with_stand_ins(text: str, found: Iterable[Span]) -> tuple[str, int]:
    """Return the text with a stand-in for each find, and its length."""
    pieces, last = [], 0
    for span in found:
        pieces += [text[last : span.start], STAND_IN[span.type]]
        last = span.end
    done = "".join([*pieces, text[last:]])
    return done, len(done)


def _disguises() -> list[str]:
    """Return names that are also words, and short forms, in a fixed order."""
    return sorted(word for word in names().given_unsure | words("diminutives") if len(word) > 1)
