"""What the rules do not know, by the words and signs around it: learnt from texts in which people marked identifiers.

A logistic regression weighs every word and number that the rules left, by what lists say of it, how it is written and
what stands around it. Asked last, where the rules find nothing more; what it finds is read by them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nlp.redact.learnt.features import Around
from nlp.redact.learnt.growing import (
    SEED,
    SEED_OF_COMMON,
    SEED_OF_DATES,
    SEED_OF_NUMBERS,
    SEED_OF_WORDS,
    Growth,
    runs,
)
from nlp.redact.learnt.tokens import Token, is_listed
from nlp.redact.learnt.weights import shipped
from nlp.redact.page import Page
from nlp.redact.spans import Span

LEARNT = "weighed by what stands around it"
UNLISTED = "in no list of names, weighed by what stands around it"
"""Why words in small letters go that no list of names has: slang looks the same, and who looks for slang asks."""
_MOST_FOREIGN = 0.15
"""Share of words in no list from which a text is in another language; two are always looked at."""


_THING_REACH = 5
"""Tokens before a number or code of which one may say that it is a thing's: "commande no 4581-2209"."""
_WORDS = ("wordl", "rarel")
_SHORTEST = 2
"""Letters of a word that goes by itself; one letter only goes with others."""


def find_learnt(page: Page) -> Iterator[Span]:
    """Yield the words and numbers that are weighed as identifying somebody, what hangs together as one."""
    around, weights = Around(page), shipped()
    known: dict[int, float] = {}

    def probability(place: int) -> float:
        if place not in known:
            known[place] = weights.probability(around.near(place), around.rest(place))
        return known[place]

    may_go = [token.is_candidate for token in around.tokens]
    may_go = [may and not _is_of_thing(around, place) for place, may in enumerate(may_go)]
    if is_foreign(page):
        may_go = [may and not token.is_guess for may, token in zip(may_go, around.tokens, strict=True)]
    seeds = [place for place, may in enumerate(may_go) if may and _goes_alone(around, place, probability)]
    gone = Growth(page.text, around, may_go, probability).grow(seeds)
    for first, last in runs(page.text, around.tokens, gone):
        tokens = around.tokens[first : last + 1]
        type_ = weights.type_of(around.features(place) for place in range(first, last + 1) if place in gone)
        why = UNLISTED if all(token.is_no_name or not token.is_candidate for token in tokens) else LEARNT
        make = page.part if _is_beside_find(page, around.tokens, first, last) else page.span
        yield make(tokens[0].start, tokens[-1].end, type_, why)


def _is_beside_find(page: Page, tokens: list[Token], first: int, last: int) -> bool:
    """Tell whether what goes is part of an earlier find right beside it."""
    before, after = tokens[first - 1] if first else None, tokens[last + 1] if last + 1 < len(tokens) else None
    return any(
        other is not None and other.is_find and not page.text[min(start, end) : max(start, end)].strip()
        for other, start, end in (
            (before, before.end if before else 0, tokens[first].start),
            (after, tokens[last].end, after.start if after else 0),
        )
    )


def is_foreign(page: Page) -> bool:
    """Tell whether a page is in a language of which no list has the words."""
    return sum(not is_listed(word.text) for word in page.words) > max(2, _MOST_FOREIGN * len(page.words))


def _goes_alone(around: Around, place: int, probability: Callable[[int], float]) -> bool:
    """Tell whether a token goes by itself: what is known to name nobody and the plainest words only go with others."""
    token = around.tokens[place]
    if token.word is None:
        least = SEED_OF_DATES if around.is_in_date(place) else SEED_OF_NUMBERS
        return not around.is_late_year(place) and probability(place) > least
    if token.is_plain or token.is_nobodys or len(token.told) < _SHORTEST:
        return False
    least = SEED_OF_COMMON if token.is_common else SEED_OF_WORDS if token.kind in _WORDS else SEED
    return probability(place) > least


def _is_of_thing(around: Around, place: int) -> bool:
    """Tell whether a number or a code stands after a word for an order, a parcel or a model."""
    return around.in_code(place) and any(
        "numbers_of_things" in token.traits for token in around.tokens[max(0, place - _THING_REACH) : place]
    )
