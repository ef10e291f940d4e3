"""The notation of the pattern files, read into steps that spaCy's Matcher takes.

One pattern a line, pieces apart by blanks::

    y garde ~2 passeport      words as written, then up to two words between
    papiers|passeport         one of several
    @keep ~2 @papers          any word of a class of ``lexicon.yaml``
    fugu*                     any word that begins so
    # ans                     a number in digits
    de?                       there or not

Words are folded and spelled as `nlp.criteria.words` spells a text, so a pattern says "je suis", never "chu".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nlp.criteria.words import load_yaml, plain_words
from nlp.fold import fold

NUMBER = "#"
_FRENCH_NEGATORS = frozenset(["pas", "plus", "jamais", "rien", "aucun", "aucune", "ni", "sans", "zero"])
_ENGLISH_NEGATORS = frozenset(["not", "no", "never", "nothing", "nobody", "none", "without", "neither"])
NEGATORS = _FRENCH_NEGATORS | _ENGLISH_NEGATORS


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a pattern: the words and prefixes that fill it, or a gap of up to `gap` words of any kind."""

    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    optional: bool = False
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a pattern file; `holds_negation` tells that its own words already negate."""

    criterion: str
    line: str
    weight: float
    steps: tuple[Step, ...]
    holds_negation: bool


@cache
def word_class(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the whole words and the prefixes of one class of the lexicon; KeyError when there is none."""
    entries = str(load_yaml("lexicon.yaml")[name]).split()
    return frozenset(one for one in entries if one[-1] != "*"), frozenset(one[:-1] for one in entries if one[-1] == "*")


def parse_pattern(criterion: str, line: str, weight: float) -> Pattern:
    """Read one line of notation; raises ValueError or KeyError, with the line, on one that cannot be read."""
    steps = tuple(step for piece in line.split() for step in _steps(piece, line))
    if not any(not step.optional and not step.gap for step in steps):
        raise ValueError(f"nothing is required by the pattern {line!r}")
    holds = any(step.words & NEGATORS and not step.gap for step in steps)
    return Pattern(criterion, line, weight, steps, holds)


def _steps(piece: str, line: str) -> list[Step]:
    if piece[0] == "~":
        return [Step(gap=int(piece[1:]))]
    optional = piece[-1] == "?"
    words: set[str] = set()
    prefixes: set[str] = set()
    for one in piece.rstrip("?").split("|"):
        if one[0] == "@":
            own_words, own_prefixes = word_class(one[1:])
            words |= own_words
            prefixes |= own_prefixes
        elif one[-1] == "*":
            prefixes.add(one[:-1])
        else:
            plain = _plain(one)
            if len(plain) > 1 and "|" not in piece:
                return [Step(words=frozenset({part}), optional=optional) for part in plain]
            if len(plain) > 1 or fold(one).text != one or "'" in one:
                raise ValueError(f"{one!r} is not one folded word in the pattern {line!r}")
            words.add(plain[0])
    return [Step(frozenset(words), frozenset(prefixes), optional)]


def _plain(word: str) -> tuple[str, ...]:
    """Spell a word of a pattern as a text's words are spelled; one letter stands for the elided word ("m": me)."""
    elided = load_yaml("spellings.yaml")["elided"].get(word)
    return (elided,) if elided else plain_words(word)
