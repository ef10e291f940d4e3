"""Numbers in words, French of France and of Québec and English, as ages, prices and phone numbers use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nlp.lexicon import alternatives

_FR_UNITS = ("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
_FR_TEENS = ("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize")
_FR_TENS = ("vingt", "trente", "quarante", "cinquante", "soixante", "septante", "huitante", "nonante")
_EN_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_EN_TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_EN_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

ZEROS = frozenset({"zero", "zeros", "oh"})
UNITS = {word: at for words in (_FR_UNITS, _EN_UNITS) for at, word in enumerate(words, 1)} | {"une": 1, "quatres": 4}
TEENS = {word: at for words in (_FR_TEENS, _EN_TEENS) for at, word in enumerate(words, 10)}
TENS = {word: 10 * at for words in (_FR_TENS, _EN_TENS) for at, word in enumerate(words, 2)} | {
    "fourty": 40,
    "octante": 80,
}
ORDINALS = (
    {f"{word.rstrip('e')}ieme": value for word, value in TEENS.items() if word in _FR_TEENS}
    | {"dix-septieme": 17, "dix-huitieme": 18, "dix-neuvieme": 19, "vingt-et-unieme": 21}
    | {f"{ten.rstrip('e')}ieme": TENS[ten] for ten in _FR_TENS[:5]}
    | {f"{word}th": value for word, value in TEENS.items() if word in _EN_TEENS}
    | {"twelfth": 12, "twentieth": 20, "twenty-first": 21, "thirtieth": 30, "fortieth": 40, "fiftieth": 50}
)
"""Birthdays in words, 10 to 60, joined by hyphens."""
HUNDREDS = frozenset({"cent", "cents", "hundred"})
TIMES = {"double": 2, "triple": 3}
WORDS = frozenset({*ZEROS, *UNITS, *TEENS, *TENS, *HUNDREDS, *TIMES, "vingts"})


@lru_cache(maxsize=4096)
def readings(words: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return the numbers below 1,000 that the first words can be read as: (words taken, value), the longest first.

    "vingt trois" is 23 or, for who dictates digit by digit, 20. A connecting "et" or "and" may stand among the words.
    """
    found = set(_below_hundred(words))
    for taken, value in [(0, 1), *found]:
        if value and value < 20 and taken < len(words) and words[taken] in HUNDREDS:
            found.add((taken + 1, value * 100))
            found |= {(taken + 1 + more, value * 100 + rest) for more, rest in _joined(words[taken + 1 :]) if rest}
    return tuple(sorted(found, reverse=True))


def _below_hundred(words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    first = words[0] if words else ""
    if first in ZEROS:
        yield 1, 0
    elif first in TENS:
        yield 1, TENS[first]
        yield from _added(TENS[first], 1, words, teens=first == "soixante")
    elif first in UNITS:
        yield 1, UNITS[first]
        if first.startswith("quatre") and words[1:2] in (("vingt",), ("vingts",)):
            yield 2, 80
            if words[1] == "vingt":  # "quatre-vingts" ends the number
                yield from _added(80, 2, words, teens=True)
    else:
        yield from _teens(words)


def _teens(words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    if words and words[0] in TEENS:
        yield 1, TEENS[words[0]]
        if words[0] == "dix" and words[1:2] and words[1] in {"sept", "huit", "neuf"}:
            yield 2, 10 + UNITS[words[1]]


def _added(ten: int, taken: int, words: tuple[str, ...], *, teens: bool) -> Iterator[tuple[int, int]]:
    """Yield what a ten becomes with the unit, or for 60 and 80 the teen, that follows it."""
    skip = taken + (words[taken : taken + 1] in (("et",), ("and",)))
    rest = words[skip:]
    if rest and rest[0] in UNITS:
        yield skip + 1, ten + UNITS[rest[0]]
    elif teens:
        yield from ((skip + more, ten + value) for more, value in _teens(rest))


def _joined(words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    skip = 1 if words[:1] in (("et",), ("and",)) else 0
    return ((skip + taken, value) for taken, value in _below_hundred(words[skip:]))


@dataclass(frozen=True, slots=True)
class Numeral:
    """A whole number written in digits or words; offsets into the folded text."""

    start: int
    end: int
    value: int
    spelled: bool


def numerals(text: str) -> list[Numeral]:
    """Return the numbers below 1,000 of a folded text, in digits (up to three, alone) or in words, in order."""
    return [found for match in _NUMERAL.finditer(text) if (found := _numeral(match)) is not None]


def _numeral(match: re.Match[str]) -> Numeral | None:
    if match["digits"]:
        return Numeral(match.start(), match.end(), int(match["digits"]), spelled=False)
    words = list(_LETTERS.finditer(match[0]))
    taken, value = next(iter(readings(tuple(word[0] for word in words))), (0, 0))
    return Numeral(match.start(), match.start() + words[taken - 1].end(), value, spelled=True) if taken else None


_WORD = alternatives(WORDS - set(TIMES))
_LETTERS = re.compile("[a-z]+")
_NUMERAL = re.compile(
    r"(?<![a-z0-9])(?:(?P<digits>[0-9]{1,3})(?![0-9])|"
    rf"(?:{_WORD})(?:[ -]{{1,2}}(?:(?:et|and)[ -])?(?:{_WORD})){{0,5}}(?![a-z]))"
)
