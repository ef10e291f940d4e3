"""The names that redaction knows, and the capitalised words that it knows to name nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from nlp.cities import gazetteer, lengths_by_first, spell_out
from nlp.frequencies import frequencies, small_words
from nlp.redact.page import Page
from nlp.redact.vocabulary import in_dictionary
from nlp.tokens import stem

_LONG = 6
"""Letters from which a name is known in another spelling too."""
_DOUBLED = re.compile(r"(.)\1")


def collapsed(word: str) -> str:
    """Return a word without doubled letters, y as i: "oceanne" and "océane", "mathyeu" and "mathieu" are one."""
    return _DOUBLED.sub(r"\1", word.replace("y", "i"))


def _lines(name: str) -> list[str]:
    lines = resources.files("nlp.redact.data").joinpath(name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _words(name: str) -> frozenset[str]:
    return frozenset(word for line in _lines(name) for word in line.split())


@dataclass(frozen=True, slots=True)
class Names:
    """Given and family names, folded: those that are nothing else, and those that are also words.

    `given_soft` are those of the unsure given names that may be meant in small letters too.
    """

    given: frozenset[str]
    given_unsure: frozenset[str]
    given_soft: frozenset[str]
    family: frozenset[str]
    family_unsure: frozenset[str]
    collapsed: frozenset[str]

    def is_sure_given(self, word: str) -> bool:
        """Tell whether a folded word is a given name and nothing else, also spelled with a letter doubled or not."""
        if word in self.given:
            return True
        respelled = len(word) >= _LONG and collapsed(word) in self.collapsed
        return respelled and not (is_common(word) or in_dictionary(word))

    def is_given(self, word: str) -> bool:
        """Tell whether a folded word can be a given name."""
        return word in self.given or word in self.given_unsure

    def is_name(self, word: str) -> bool:
        """Tell whether a folded word can be any name of a person."""
        return self.is_given(word) or self.is_family(word)

    def is_family(self, word: str) -> bool:
        """Tell whether a folded word can be a family name."""
        return word in self.family or word in self.family_unsure


@dataclass(frozen=True, slots=True)
class Phrases:
    """Names of one or more folded words, and how many words those have that begin with a word, the longest first."""

    whole: frozenset[tuple[str, ...]]
    lengths: dict[str, tuple[int, ...]]


@cache
def names() -> Names:
    """Load the names once."""
    marked = _words("given_names_unsure.txt") | _words("given_names_world_unsure.txt")
    unsure = frozenset(word.removesuffix("*") for word in marked)
    family_unsure = _words("family_names_unsure.txt")
    given = (_words("given_names.txt") | _words("given_names_world.txt")) - unsure
    return Names(
        given,
        unsure,
        frozenset(word for word in marked if not word.endswith("*")),
        (_words("family_names.txt") | _words("family_names_world.txt")) - family_unsure,
        family_unsure,
        frozenset(collapsed(name) for name in given if len(name) >= _LONG),
    )


@cache
def nobody() -> frozenset[str]:
    """Return the folded words that have a capital and name nobody: brands, peoples, countries, feasts, the calendar."""
    return _words("nobody.txt")


@cache
def nobody_phrases() -> Phrases:
    """Return names of several words that are no person's."""
    return _phrases(_lines("nobody_phrases.txt"))


@cache
def small_places() -> Phrases:
    """Return the places of fewer than about 20,000 people, as folded words."""
    return _phrases([line.replace("*", "") for line in _small_places()])


@cache
def unsure_places() -> frozenset[tuple[str, ...]]:
    """Return the small places that are also words or names: they need a capital and a word that points there."""
    marked = (part.strip() for line in _small_places() for part in line.split(","))
    return frozenset(tuple(part.removesuffix("*").split()) for part in marked if part.endswith("*"))


def _small_places() -> list[str]:
    return _lines("small_places.txt") + _lines("small_places_geonames.txt")


def _phrases(lines: list[str]) -> Phrases:
    parts = (tuple(spell_out(word) for word in part.split()) for line in lines for part in line.split(","))
    whole = frozenset(filter(None, parts))
    return Phrases(whole, lengths_by_first(whole))


def phrase_at(page: Page, index: int, known: Phrases) -> int:
    """Return how many words from one on are a known phrase, 0 if none are."""
    for length in known.lengths.get(spell_out(page.words[index].text), ()):
        found = tuple(spell_out(word.text) for word in page.words[index : index + length])
        if found in known.whole and _hang_together(page, index, len(found)):
            return len(found)
    return 0


def _hang_together(page: Page, index: int, count: int) -> bool:
    """Tell whether only blanks, hyphens, apostrophes and points stand between words."""
    return all(
        not word.before.strip(" -'.") and "\n" not in word.before for word in page.words[index + 1 : index + count]
    )


def city_at(page: Page, index: int) -> int:
    """Return how many words from one on spell a known city, 0 if none do."""
    known = gazetteer()
    for length in known.lengths.get(spell_out(page.words[index].text), ()):
        words = tuple(spell_out(word.text) for word in page.words[index : index + length])
        spelling = known.spellings.get(words)
        if spelling is None or not _hang_together(page, index, len(words)) or _goes_on(page, index + len(words)):
            continue
        if not spelling.need or page.words[index].capital:
            return len(words)
    return 0


def _goes_on(page: Page, index: int) -> bool:
    """Tell whether a longer name goes on at a word: "Saint-Rémi" in "Saint-Rémi-de-Tingwick"."""
    link, name = page.word_at(index), page.word_at(index + 1)
    joined = link is not None and link.before == "-" and link.text in ("de", "du", "des", "d", "la", "le", "les")
    return joined and name is not None and name.before in ("-", "'")


def is_word(word: str) -> bool:
    """Tell whether a folded word is known as a word that posts write in small letters."""
    return word in small_words() or is_common(word)


def is_common(word: str) -> bool:
    """Tell whether a folded word is one that posts use, so that its capital proves little.

    A stem alone proves nothing: "Mamani" has that of "maman".
    """
    return len(word) < 2 or (stem(word) in frequencies().stems and (word in small_words() or in_dictionary(word)))
