"""The tokens of a page, and what lists and dictionaries say of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from nlp.frequencies import frequencies, small_words
from nlp.lexicon import word_lists
from nlp.redact.gazetteers import city_at, is_word, names, nobody, nobody_phrases, phrase_at, small_places
from nlp.redact.lists import words
from nlp.redact.naming import compound_at
from nlp.redact.page import Page, Word
from nlp.redact.standins import STAND_IN
from nlp.redact.vocabulary import in_dictionary, may_be_word, shortened
from nlp.tokens import stem

_TOKEN = re.compile(r"[\ue000-\uf8ff]|[^\W\d_]+|\d+|\n+|[^\w\s]|_")
_TYPES = {char: type_ for type_, char in STAND_IN.items()}
_BOUNDS = (3, 10, 50)
"""Posts that hold a stem, from which it is of the next class of commonness."""
_COMMONEST = f"f{len(_BOUNDS) + 1}"
_LEAST_COMMON = ("f0", "f1")
_LOOKED_AT = 4
"""Letters from which a word in no list is no nickname for its shortness alone."""
_LONGEST_NUMBER = 7
_LAUGHTER = re.compile(r"(?:[aeoi]?(?:ha|he|hi|ah|lo|ja|mdr|ptdr|x))++[hldr]*$")
_SAINTS, _FEASTS = words("saints"), words("saints_of_feasts")
_CHUNK_ENDS = ',()«»"'


class Token(NamedTuple):
    """A word, a number, a sign, a line's end or a stand-in of a page; half-open offsets into its folded text.

    `told` is how features name it: numbers by their length, a stand-in by its type. `kind` is what a word may be, with
    its case (C: a capital that tells something, T: another, U: all in capitals, l: small letters); for other tokens it
    is what they are. `traits` are the lists that hold a word. `glued` says that no blank stands before it.
    """

    told: str
    start: int
    end: int
    kind: str
    traits: tuple[str, ...]
    word: Word | None
    glued: bool

    @property
    def is_candidate(self) -> bool:
        """Tell whether it may identify somebody: words and numbers may."""
        return self.word is not None or (self.told[0] == "#" and len(self.told) > 1)

    @property
    def is_find(self) -> bool:
        """Tell whether it stands for something found."""
        return self.told[0] == "<" and len(self.told) > 1

    @property
    def is_guess(self) -> bool:
        """Tell whether it is a word without a telling capital that no list has."""
        return self.kind.startswith(("unknown", "unlisted")) and self.kind[-1] in "lT"

    @property
    def is_no_name(self) -> bool:
        """Tell whether it is a word without a telling capital that no list of names has."""
        return self.is_guess or (self.kind.startswith(("rare", "word")) and self.kind[-1] in "lT")

    @property
    def is_nobodys(self) -> bool:
        """Tell whether it is known to name nobody: a city, a brand, a people, a month, laughter, a word drawn out."""
        if "place" not in self.traits and {"city", "brand", "nobody"} & set(self.traits):
            return True
        return self.is_guess and (bool(_LAUGHTER.match(self.told)) or any(map(is_word, shortened(self.told))))

    @property
    def is_common(self) -> bool:
        """Tell whether it is one of the commonest words in small letters, though somebody may be called so: "will"."""
        return self.kind[-1] == "l" and _COMMONEST in self.traits and not self.kind.startswith(("given_soft", "givenl"))

    @property
    def is_plain(self) -> bool:
        """Tell whether it is such a word that nobody is called: it goes with others or not at all."""
        return self.kind == "wordl" and _COMMONEST in self.traits


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


def _kind_of(word: str) -> str:
    """Return what a folded word may be: a kind of name, "unknown", "rare" or "word"."""
    traits = _traits(word)
    for kind in ("given", "given_soft", "given_unsure", "family", "family_unsure"):
        if kind in traits:
            return kind
    if not {"small", "dictionary", "texted"} & set(traits):
        return "unknown" if len(word) < _LOOKED_AT else "unlisted"
    return "rare" if traits[-1] in _LEAST_COMMON else "word"


@lru_cache(maxsize=1 << 14)
def _known_of(word: str) -> tuple[str, tuple[str, ...]]:
    """Return what a folded word may be, and all lists and dictionaries that have it."""
    return _kind_of(word), (*_traits(word), *_lists().get(word, ()))


@lru_cache(maxsize=1 << 14)
def is_listed(word: str) -> bool:
    """Tell whether a list of names, a dictionary or a post has a folded word."""
    return len(_traits(word)) > 1


def tokens_of(page: Page) -> list[Token]:
    """Return the tokens of a page, in order."""
    places = {word.start: index for index, word in enumerate(page.words)}
    found, last, city, brand = [], 0, 0, 0
    for match in _TOKEN.finditer(page.text):
        index = places.get(match.start())
        glued = match.start() == last and last > 0
        last = match.end()
        if index is None:
            found.append(Token(_told(match[0]), *match.span(), _sign_kind(match[0]), (), None, glued))
            continue
        city = max(city, index + city_at(page, index))
        brand = max(brand, index + max(phrase_at(page, index, nobody_phrases()), compound_at(page, index)))
        if _is_feast(page, index):
            brand = index + 1
        place = index + bool(phrase_at(page, index, small_places()))
        also = [name for name, end in (("city", city), ("brand", brand), ("place", place)) if index < end]
        found.append(_word_token(page, index, glued=glued, also=also))
    return found


def _is_feast(page: Page, index: int) -> bool:
    """Tell "Valentin" in "la Saint-Valentin"."""
    return index > 0 and page.words[index].text in _FEASTS and page.words[index - 1].text in _SAINTS


def _told(token: str) -> str:
    if token[0].isdecimal():
        return f"#{min(len(token), _LONGEST_NUMBER)}"
    return "¶" if token[0] == "\n" else f"<{_TYPES[token]}>" if token in _TYPES else token


def _sign_kind(token: str) -> str:
    return f"n{min(len(token), _LONGEST_NUMBER)}" if token[0].isdecimal() else _told(token)


def _word_token(page: Page, index: int, *, glued: bool, also: list[str]) -> Token:
    word = page.words[index]
    case = case_of(page, word)
    kind, traits = _known_of(word.text)
    if also:
        traits = (*traits, *also)
    return Token(word.text, word.start, word.end, kind + case, traits, word, glued)


def case_of(page: Page, word: Word) -> str:
    """Return the case of a word: C, T, U or l, as `Token.kind` ends."""
    if word.capital:
        return "C"
    typed = page.as_typed(word.start, word.end)
    return "U" if typed.isupper() and len(typed) > 1 else "T" if typed[:1].isupper() else "l"


def chunks_of(page: Page, tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Yield the runs of tokens without a blank between them that hold a number, as first and last token."""
    first = 0
    for place in range(1, len(tokens) + 1):
        if (
            place < len(tokens)
            and tokens[place].glued
            and not any(_cuts(page, tokens[at]) for at in (place - 1, place))
        ):
            continue
        if any(token.told[0] == "#" and len(token.told) > 1 for token in tokens[first:place]):
            yield first, place - 1
        first = place


def _cuts(page: Page, token: Token) -> bool:
    return page.text[token.start] in _CHUNK_ENDS or token.is_find or token.told == "¶"
