"""Finding people's names in what was searched: any order, a slip of one letter, handles made of a name.

A name is held as the words of a first name and of a surname, folded. Nothing here knows whose name it is, or why.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA

from nlp.fold import fold

Who = TypeVar("Who", bound=Hashable)

_WORD = re.compile(r"[a-z0-9]+\*?")
_NOT_LETTER = re.compile(r"[^a-z]")
_AS_LETTERS = str.maketrans("013457", "oieast")
_PARTICLES = frozenset(
    {"ben", "bin", "das", "del", "den", "der", "des", "dos", "les", "mac", "saint", "sainte", "ste", "van", "von"}
)
"""Words of three letters and more that stand before a surname and are none."""
_LONG = 6
"""Words of so many letters are known with one slip."""
_LEAST = 3
"""Shorter words are nobody's surname here."""
_WHOLE = 5
"""A handle that is made of a name has at least so many letters."""
_INSIDE = 8
"""So many letters of a name are known at the beginning of a longer handle too."""


@dataclass(frozen=True, slots=True)
class Name:
    """The folded words of a first name and of the surnames of a person."""

    given: tuple[str, ...]
    """Empty for one who is known by one name."""
    surnames: tuple[str, ...]

    @property
    def compact(self) -> frozenset[str]:
        """Return the forms that handles are made of: leatremblay, tremblaylea, ltremblay, tremblayl."""
        given, forms = "".join(self.given), set[str]()
        for surname in (*self.surnames, "".join(self.surnames)):
            forms |= {given + surname, surname + given, given[:1] + surname, surname + given[:1]}
        return frozenset(form for form in forms if len(form) >= _WHOLE)


def read_name(text: str) -> Name | None:
    """Return the name that a full name is, first name first; None without a surname."""
    words = [part for word in fold(text).text.replace("'", " ").split() if (part := word.strip(".,"))]
    if len(words) < 2:
        return None
    surnames = [part for word in words[1:] for part in _WORD.findall(word)]
    kept = tuple(part for part in surnames if len(part) >= _LEAST and part not in _PARTICLES)
    return Name(tuple(_WORD.findall(words[0])), kept) if kept else None


def read_known_name(text: str) -> Name | None:
    """Return the name of somebody well known, which may be one word of four letters or more."""
    words = tuple(_WORD.findall(fold(text).text))
    if len(words) == 1:
        return Name((), words) if len(words[0]) > _LEAST else None
    return read_name(text)


@dataclass(frozen=True, slots=True)
class Sought:
    """The words and the handles, folded, in one thing that was searched for."""

    words: tuple[str, ...]
    handles: frozenset[str]


def sought_in(texts: Iterable[str]) -> Sought:
    """Return what a search's query and identifiers look for; what they leave out (``-word``) does not count."""
    words: list[str] = []
    handles: set[str] = set()
    for text in texts:
        for chunk in fold(text).text.split():
            if chunk.startswith("-"):
                continue
            words += _WORD.findall(chunk.replace("'", " "))
            handles.update(_handles(chunk))
    return Sought(tuple(dict.fromkeys(words)), frozenset(handles))


def as_handles(text: str) -> frozenset[str]:
    """Return the letters of a handle, an e-mail's local part or a log-in name, digits dropped or read as letters."""
    return frozenset(_handles(fold(text).text.strip()))


def _handles(chunk: str) -> Iterator[str]:
    local = chunk.lstrip('@"(').partition("@")[0]
    for form in {_NOT_LETTER.sub("", local), _NOT_LETTER.sub("", local.translate(_AS_LETTERS))}:
        if len(form) >= _WHOLE:
            yield form


def is_handle_of(handles: Iterable[str], forms: Iterable[str]) -> bool:
    """Tell whether a handle is one of some forms, or begins with a long one."""
    made = tuple(forms)
    long = tuple(form for form in made if len(form) >= _INSIDE)
    return any(handle in made or (long and handle.startswith(long)) for handle in handles)


class Near:
    """Words that are known with one letter missing, added, changed or swapped; found without comparing with each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._by_piece: dict[str, set[str]] = defaultdict(set)
        for word in self._words:
            for piece in _pieces(word):
                self._by_piece[piece].add(word)
        self.meant = lru_cache(maxsize=20_000)(self._meant)

    def _meant(self, word: str) -> frozenset[str]:
        """Return the known words that a word, or the beginning of one (``tremb*``), may stand for."""
        if word.endswith("*"):
            begun = word[:-1]
            return frozenset(known for known in self._words if len(begun) > _LEAST and known.startswith(begun))
        found = {word} & self._words
        candidates = {known for piece in _pieces(word) for known in self._by_piece.get(piece, ())}
        return frozenset(found | {known for known in candidates if OSA.distance(word, known) <= 1})


def _pieces(word: str) -> set[str]:
    """Return a long word and what is left of it without one letter: two words one slip apart share a piece."""
    if len(word) < _LONG:
        return set()
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


class Names(Generic[Who]):
    """The names of several people: who is named in what was searched."""

    def __init__(self, names: Mapping[Who, Name]) -> None:
        self._names = dict(names)
        self._by_surname: dict[str, set[Who]] = defaultdict(set)
        self._by_form: dict[str, set[Who]] = defaultdict(set)
        for who, name in self._names.items():
            for surname in name.surnames:
                self._by_surname[surname].add(who)
            for form in name.compact:
                self._by_form[form].add(who)
        self._near = Near(word for name in self._names.values() for word in (*name.given, *name.surnames))
        self._longest = max(map(len, self._by_form), default=0)

    def meant(self, sought: Sought) -> frozenset[str]:
        """Return the words of names that were searched for."""
        return frozenset(known for word in sought.words for known in self._near.meant(word))

    def surnames_in(self, sought: Sought) -> frozenset[str]:
        """Return the surnames that were searched for."""
        return frozenset(word for word in self.meant(sought) if word in self._by_surname)

    def surname_of(self, who: Who, sought: Sought) -> str:
        """Return the surname of a person that was searched for; empty if none was."""
        name = self._names.get(who)
        meant = self.meant(sought) if name else frozenset[str]()
        return next((surname for surname in name.surnames if surname in meant), "") if name else ""

    def in_full(self, sought: Sought) -> set[Who]:
        """Return who was searched for by first name and surname, or by a handle made of them."""
        meant = self.meant(sought)
        candidates = {who for surname in meant for who in self._by_surname.get(surname, ())}
        whole = {who for who in candidates if _has_given(self._names[who], meant, sought)}
        return whole | {who for handle in sought.handles for who in self._of_handle(handle)}

    def _of_handle(self, handle: str) -> Iterator[Who]:
        yield from self._by_form.get(handle, ())
        for end in range(_INSIDE, min(len(handle), self._longest + 1)):
            yield from self._by_form.get(handle[:end], ())


def _has_given(name: Name, meant: frozenset[str], sought: Sought) -> bool:
    return set(name.given) <= meant or "".join(name.given) in sought.words
