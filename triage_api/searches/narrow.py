"""Holding one stored document against a search, by the words that the index holds of it: no engine is asked.

It narrows an earlier, wider result, and finds what was edited since. The same folded words, stems, contacts and places
that both engines index decide, so that the answer is the one that the engine would give.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlp.contacts import Contact
from nlp.query import Atom, Field, Fuzzy, Phrase, Prefix, Term
from store.index.base import IndexQuery
from store.index.document import Document, milliseconds, search_words
from store.index.moments import bounds


class _Held:
    """What an engine would find a document by."""

    def __init__(self, document: Document) -> None:
        words, stems = search_words(document)
        self.words = words.split()
        self.known = frozenset(self.words)
        self.stems = frozenset(stems.split())
        self.keywords = document.keywords
        self.at = milliseconds(document.at)

    def meets(self, term: Term) -> bool:
        return self.holds(term.atom) is not term.negated

    def holds(self, atom: Atom) -> bool:
        if isinstance(atom, Contact):
            return str(atom) in self.keywords["contacts"]
        if isinstance(atom, Phrase):
            return self._holds_run(atom.keys)
        if isinstance(atom, Prefix | Fuzzy):
            return any(map(atom.takes, self.known))
        if isinstance(atom, Field):
            return self._has(atom)
        return atom.key in self.known or atom.stem in self.stems

    def _has(self, field: Field) -> bool:
        if days := bounds(field):
            return _between(self.at, *days)
        held = self.keywords[field.name]
        return field.value in held if field.value else not held

    def _holds_run(self, run: Sequence[str]) -> bool:
        if not self.known.issuperset(run):
            return False
        starts = (at for at, word in enumerate(self.words) if word == run[0])
        return any(self.words[at : at + len(run)] == list(run) for at in starts)


def matches(document: Document, asked: IndexQuery) -> bool:
    """Tell whether a search would find a document."""
    if not _within(document, asked):
        return False
    held = _Held(document)
    clauses = asked.query.clauses if asked.query else ()
    return all(any(held.meets(term) for term in clause.any_of) for clause in clauses)


def _within(document: Document, asked: IndexQuery) -> bool:
    held = document.keywords
    if not all(set(held[field]).intersection(wanted) for field, wanted in asked.keyword_filters.items()):
        return False
    newer = asked.after_seq is None or document.seq > asked.after_seq
    return newer and _between(milliseconds(document.at), asked.first_moment, asked.last_moment)


def _between(moment: int, first: int | None, last: int | None) -> bool:
    return (first is None or moment >= first) and (last is None or moment <= last)
