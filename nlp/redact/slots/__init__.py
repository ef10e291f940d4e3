"""PERSON, by the place a word stands in: "dis à rose", "jade pis moi", learnt from posts and not written as rules.

Names in small letters that are also words are told by what stands around them. A logistic regression weighs that; it
learns from the shipped corpora without any label: the names that the rules find there are positive examples, each put
in the place of a name and hidden behind another that is also a word, and all words left are negative ones. Asked last,
where the rules find nothing more; what it finds is read by them again.
"""

from __future__ import annotations

from collections.abc import Iterator

from nlp.redact.page import Page
from nlp.redact.person_context import has_determiner
from nlp.redact.slots.features import Around, is_listed, kind_of
from nlp.redact.slots.weights import shipped
from nlp.redact.spans import Span

THRESHOLD = 0.5
"""From which a word known to be a name too is one; chosen, with the other, on 350 texts of one writer."""
STRICT = 0.7
"""The same of a word that no list of names has: a rare one, or one that no dictionary has."""
DETERMINED = 0.95
"""The same of a word after an article: people do say "le mark", of words far more is said."""
_GUESSES = frozenset({"rare", "unknown"})
_MOST = 0.15
"""Share of words in no dictionary from which a text is in another language; two are always looked at."""


def find_in_slots(page: Page) -> Iterator[Span]:
    """Yield the words that stand where names stand, of those that may be names."""
    kinds = {index: kind for index, word in enumerate(page.words) if (kind := kind_of(word.text)) != "word"}
    if not kinds:
        return
    foreign = sum(not is_listed(word.text) for word in page.words) > max(2, _MOST * len(page.words))
    around, weights = Around(page), shipped()
    for index, kind in kinds.items():
        guess = kind in _GUESSES
        if (guess and foreign) or not around.knows(index):
            continue
        least = DETERMINED if has_determiner(page, index) else STRICT if guess else THRESHOLD
        if weights.probability(around.features(index)) > least:
            yield page.word_span(index, index, "PERSON", "word where names stand")
