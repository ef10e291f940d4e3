"""The pieces that a hidden phone number is made of: digits, letters posing as digits, and number words, in runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.entities.found import Reading
from nlp.entities.numbers import WORDS
from nlp.lexicon import alternatives, word_lists

_POSING = str.maketrans("oilsbz|", "0115821")
_WORD = alternatives(WORDS)
_CHUNK = re.compile(
    # not inside a word or name; but "514x555", "514_555" and "tel514" do occur
    r"(?:(?<![a-z0-9@_])|(?<=[0-9)\]][x_])|(?<=tel)|(?<=cell)|(?<=call)|(?<=text)|(?<=texte)|(?<=txt)|(?<=num))"
    # possessive: no way back, so no text can make this slow
    rf"(?:(?>{_WORD}|[0-9oilsbz|])(?>{_WORD}|[0-9oilsbz|_])*+(?![a-z])|[0-9]++(?=[a-z]))"
)
_PIECE = re.compile(rf"(?P<word>{_WORD})|(?P<digits>[0-9oilsbz|]+?(?={_WORD}|_|$))")
_ENOUGH = re.compile(rf"[0-9].{{0,60}}?[0-9]|(?:{_WORD})[^a-z]{{0,9}}(?:{_WORD})", re.DOTALL)
_BAR = re.compile(r"(?<=[0-9]{3})\|(?=[0-9]{2})")
"""An upright bar that parts groups; inside one it poses as 1."""
_NO_WORDS = frozenset({"ol", "oi"})
"""Posing letters, 01, that are no word in small letters either."""
_LONGEST_GAP = 24
_PAUSE = re.compile(r"[\n,;!?]|[.:]\s")
_SYMBOLS = re.compile(r"[^a-z0-9$€£%]{0,12}")
_LETTERS = re.compile(r"[a-z]+")
_ASIDE = re.compile(r" ?[(\[*][a-z ]{1,16}[)\]*] ?")
"""What is said between two groups of a number, beside it: "438 (appelle) 555"."""
_NEVER_IN = frozenset("$€£%'")
_TIMES = frozenset({"fois", "times"})
_FILLERS = frozenset(word_lists("phones")["fillers"])

GLUE, PAUSE, WORDY, BREAK = range(4)
"""How far apart two pieces stand: nothing or one mark; a comma, line or filler word; other words; too far."""


@dataclass(frozen=True, slots=True)
class Atom:
    """Digits (letters posing as digits already replaced) or one number word, with offsets into the folded text."""

    start: int
    end: int
    digits: str
    word: str
    posing: int = 0
    """How many of the digits are written as letters."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two atoms."""

    kind: int
    text: str
    repeats: bool = False
    """Whether the gap says "times": "trois fois le 5"."""


@dataclass(frozen=True, slots=True)
class Run:
    """Atoms close enough to be parts of one number; `gaps[i]` stands between atoms i and i + 1."""

    atoms: list[Atom]
    gaps: list[Gap]


def runs(reading: Reading) -> list[Run]:
    """Return the runs of a text that could hold a phone number, in order."""
    if not _ENOUGH.search(reading.text):
        return []
    atoms = _without_plain_words(reading, [atom for chunk in _CHUNK.finditer(reading.text) for atom in _pieces(chunk)])
    found: list[Run] = []
    for before, atom in zip([None, *atoms], atoms, strict=False):
        gap = _gap(reading.text, before, atom) if before else None
        if gap is None or gap.kind == BREAK:
            found.append(Run([atom], []))
        else:
            found[-1].atoms.append(atom)
            found[-1].gaps.append(gap)
    return found


def _pieces(chunk: re.Match[str]) -> list[Atom]:
    bars = [bar.start() for bar in _BAR.finditer(chunk[0])] if "|" in chunk[0] else []
    starts = [0, *(bar + 1 for bar in bars)]
    parts = zip(starts, [*bars, len(chunk[0])], strict=True)
    return [
        _atom(piece, chunk.start() + start) for start, end in parts for piece in _PIECE.finditer(chunk[0][start:end])
    ]


def _atom(piece: re.Match[str], offset: int) -> Atom:
    start, end = offset + piece.start(), offset + piece.end()
    if piece["word"]:
        return Atom(start, end, "", piece["word"])
    return Atom(
        start, end, piece["digits"].translate(_POSING), "", posing=sum(not char.isdigit() for char in piece["digits"])
    )


def _without_plain_words(reading: Reading, atoms: list[Atom]) -> list[Atom]:
    """Drop "il", "si", "o" and the like, unless they stand as digits do: beside digits, typed as no word would be."""
    text = reading.text
    atoms = [atom for atom in atoms if atom.end - atom.start > 1 or text[atom.start] != "|"]  # a bar alone parts groups
    plain = {at for at, atom in enumerate(atoms) if atom.posing and atom.posing == len(atom.digits)}
    pairs = (at for at in range(len(atoms) - 1) if _touch(text, atoms[at], atoms[at + 1]))
    beside = {at for low in pairs for at in (low, low + 1)}
    return [atom for at, atom in enumerate(atoms) if at not in plain or (at in beside and _poses(reading, atom))]


def _touch(text: str, left: Atom, right: Atom) -> bool:
    gap = text[left.end : right.start]
    return len(gap) <= 3 and not any(char.isalnum() or char in "'\n," for char in gap)


def _poses(reading: Reading, atom: Atom) -> bool:
    typed = reading.as_typed(atom.start, atom.end)
    around = reading.text[max(0, atom.start - 1) : atom.start] + reading.text[atom.end : atom.end + 1]
    if "'" in around or reading.text[max(0, atom.start - 1) : atom.start].isalpha():  # "it's", "l'", "calls 613"
        return False
    return len(typed) == 1 or typed.isupper() or typed.lower() in _NO_WORDS or bool(set(around) & set("-._/"))


def _gap(text: str, before: Atom, atom: Atom) -> Gap:
    if atom.start - before.end > _LONGEST_GAP:
        return Gap(BREAK, "")
    gap = text[before.end : atom.start]
    if _SYMBOLS.fullmatch(gap) or gap in {"x", "_"}:
        return Gap(PAUSE if _PAUSE.search(gap) else GLUE, gap)
    words = _LETTERS.findall(gap)
    fill = _FILLERS.issuperset(words) or _ASIDE.fullmatch(gap) is not None
    if (
        not words
        or (len(words) > 2 and not fill)
        or set(gap) & _NEVER_IN - ({"'"} if fill else set())
        or any(char.isdigit() for char in gap)
    ):
        return Gap(BREAK, gap)
    if words[0] in _TIMES and "\n" not in gap:
        return Gap(PAUSE, gap, repeats=True)
    return Gap(PAUSE if fill else WORDY, " ".join(words))
