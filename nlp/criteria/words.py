"""Plain words: the tokens of a text in the spelling that the patterns are written in.

Texting and joual write the same words in many ways ("chu", "jsuis", "j'suis"); contractions join what patterns want
apart ("don't", "cant"). Each plain word keeps the span of the spelling it came from. A `BOUNDARY` stands wherever a
sentence or a line ends, so that no pattern reaches across.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from nlp.tokens import SENTENCE_ENDS, Token

BOUNDARY = "¶"

_DIGITS_LETTERS = re.compile(r"(\d+)([a-z]+)")
_CONSONANTS = frozenset("bcdfghklmnpqrstvwxz")
_AUXILIARIES = frozenset(
    ["ai", "as", "a", "ont", "avons", "avez", "avoir", "avait", "avais", "aurais", "aurait", "jamais", "bien"]
)
"""Words after which "pu" is the participle of "pouvoir", not "plus"."""
_BEFORE_HE = frozenset(
    [BOUNDARY, "et", "que", "mais", "quand", "si", "comme", "parce", "car", "ou", "alors", "la", "comment", "pourquoi"]
)
_AFTER_THERE = frozenset(["a", "avait", "aura", "aurait", "aurais", "en", "ont", "ait"])
"""Joual says "y" for "il" and "ils" ("pis y veut pas"); before these words it is the "y" of "il y a"."""


class Word(NamedTuple):
    """One plain word and the half-open span of the original text that it came from."""

    text: str
    start: int
    end: int


@cache
def load_yaml(name: str) -> Any:
    """Return the data of one YAML file of this package, read once."""
    return yaml.safe_load(files("nlp.criteria").joinpath(name).read_text(encoding="utf-8"))


@cache
def _spellings() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    data = load_yaml("spellings.yaml")
    plain = {str(key): str(value) for language in ("fr", "en") for key, value in data[language].items()}
    return plain, data["elided"], data["apostrophe"]


@lru_cache(maxsize=65_536)
def plain_words(folded: str) -> tuple[str, ...]:
    """Return the plain words of one folded token: texting and joual spelled out, digits and letters parted."""
    plain = _spellings()[0].get(folded)
    if plain is not None:
        return tuple(plain.split())
    if parted := _DIGITS_LETTERS.fullmatch(folded):
        return (parted[1], *plain_words(parted[2]))
    if len(folded) > 3 and folded[0] == "j" and folded[1] in _CONSONANTS:
        return ("je", *plain_words(folded[1:]))
    return (folded,)


def words(text: str, toks: Sequence[Token]) -> list[Word]:
    """Return the plain words of a text in order, with a `BOUNDARY` where a sentence or a line ends."""
    found: list[Word] = []
    last = 0
    for at, token in enumerate(toks):
        if token.start > last and SENTENCE_ENDS.search(text, last, token.start):
            found.append(Word(BOUNDARY, last, token.start))
        before = found[-1].text if found else BOUNDARY
        after = toks[at + 1].folded if at + 1 < len(toks) else ""
        he = token.folded == "y" and before in _BEFORE_HE and after and after not in _AFTER_THERE
        plain = ("il",) if he else _plain(text, token, before)
        found += [Word(one, token.start, token.end) for one in plain]
        last = token.end
    return found


def _plain(text: str, token: Token, before: str) -> tuple[str, ...]:
    _, elided, apostrophe = _spellings()
    if token.folded in elided and text[token.end : token.end + 1] in ("'", "’", "ʼ", "`"):
        return (elided[token.folded],)
    if token.folded in apostrophe and len(token.folded) < token.end - token.start:
        return tuple(apostrophe[token.folded].split())
    if token.folded == "pu" and before in _AUXILIARIES:
        return ("pu",)
    return plain_words(token.folded)
