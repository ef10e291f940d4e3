"""What a query is once it is read: a small tree of atoms that every engine and `nlp.searches` understand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from rapidfuzz.distance import OSA

from nlp.contacts import Contact
from nlp.words import key_stem

MAX_TERMS = 200
"""Words, phrases, contacts and fields of a query: few enough for every engine's own limit."""
MIN_PREFIX = 3
"""Characters before a star."""
MIN_FUZZY = {1: 4, 2: 6}
"""Letters that a word needs so that this many slips still leave it itself."""
TWO_SLIPS_FROM = 8
"""From so many letters on, a tilde alone allows two slips."""

Keyword = Literal["places", "lang", "source", "signals", "criteria", "urgency", "region", "kind", "verdict"]
"""A field of the index that is found by its exact values."""
Bound = Literal["since", "until"]
"""The first or the last day, of those in Québec."""
FieldName = Keyword | Bound
BOUNDS: frozenset[str] = frozenset(get_args(Bound))
ONE_VALUED: frozenset[str] = frozenset({"lang", "source", "urgency", "region", "kind", "verdict"})
"""Fields of which a post has exactly one value; the verdict's may be empty."""


class BadQuery(ValueError):
    """A query that cannot be read; `column` counts characters from 1, `code` is stable for translations."""

    def __init__(self, code: str, message: str, column: int) -> None:
        super().__init__(f"{message} (column {column})")
        self.code = code
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Word:
    """One word, under its key: matches the same word or one of the same stem."""

    key: str

    @property
    def stem(self) -> str:
        """Return the stem to search by."""
        return key_stem(self.key)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another in this order, unstemmed."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Words whose key begins so; nothing is stemmed."""

    key: str

    def takes(self, key: str) -> bool:
        """Tell whether a word of this key is meant."""
        return key.startswith(self.key)


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Words whose key is at most `edits` slips away; nothing is stemmed.

    A slip is a character put in, left out or changed, or two neighbours exchanged (optimal string alignment): what
    both engines count.
    """

    key: str
    edits: int

    def takes(self, key: str) -> bool:
        """Tell whether a word of this key is meant."""
        return OSA.distance(self.key, key, score_cutoff=self.edits) <= self.edits


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a field of the index, in the form that it is indexed by.

    The value of `since` and `until` is an ISO day, inclusive. An empty `verdict`: nobody has decided.
    """

    name: FieldName
    value: str


Pattern = Prefix | Fuzzy
Atom = Word | Phrase | Prefix | Fuzzy | Contact | Field


@dataclass(frozen=True, slots=True)
class Term:
    """An atom that must be found or, if negated, must not."""

    atom: Atom
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """Alternatives: at least one of them holds."""

    any_of: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: every clause holds and, if there are contacts, at least one of them is found."""

    clauses: tuple[Clause, ...] = ()
    contacts: tuple[Contact, ...] = ()

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """Return every atom, also what must not be found."""
        return (*(term.atom for clause in self.clauses for term in clause.any_of), *self.contacts)

    @property
    def positive(self) -> tuple[Atom, ...]:
        """Return every atom that may be found in a result."""
        return (*(term.atom for clause in self.clauses for term in clause.any_of if not term.negated), *self.contacts)
