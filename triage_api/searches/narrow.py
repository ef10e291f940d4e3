"""Holding one stored document against a search, by the words that the index holds of it: no engine is asked.

It narrows an earlier, wider result, and finds what was edited since. The same folded words, stems, contacts and places
that both engines index decide, so that the answer is the one that the engine would give.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlp.contacts import Contact
from nlp.query import Atom, Phrase, Term
from store.index.base import Document, IndexQuery, milliseconds, search_words


class _Held:
    """What an engine would find a document by."""

    def __init__(self, document: Document) -> None:
        words, stems = search_words(document)
        self.words = words.split()
        self.known = frozenset(self.words)
        self.stems = frozenset(stems.split())
        self.contacts = frozenset(document.contacts)

    def meets(self, term: Term) -> bool:
        return self.holds(term.atom) is not term.negated

    def holds(self, atom: Atom) -> bool:
        if isinstance(atom, Contact):
            return str(atom) in self.contacts
        if isinstance(atom, Phrase):
            return self._holds_run(atom.keys)
        return atom.key in self.known or atom.stem in self.stems

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
    values = {
        "contacts": document.contacts,
        "places": document.places,
        "lang": [document.lang],
        "source": [document.source],
        "signals": document.signals,
    }
    if not all(set(values[field]).intersection(wanted) for field, wanted in asked.keyword_filters.items()):
        return False
    at, first, last = milliseconds(document.at), asked.first_moment, asked.last_moment
    newer = asked.after_seq is None or document.seq > asked.after_seq
    return newer and (first is None or at >= first) and (last is None or at <= last)
