"""The query language: a small text that a person types becomes a syntax tree that every engine understands.

    query  = { clause }                  clauses are ANDed; AND and ET may be written, they change nothing
    clause = term { OR term }            OR, OU or | binds tighter than AND
    term   = [ "-" | NOT ] ( word | "a phrase" | contact | "(" query ")" )

A contact is a phone number, e-mail or handle, disguised or not. Contacts that stand alone are any-of, together with
the search's list of identifiers. Parentheses hold alternatives, or clauses where no OR or minus touches them.
User text never reaches an engine's own parser: engines are handed this tree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nlp.contacts import Contact, find_contacts
from nlp.query_lexer import BadQuery, Lexeme, LexemeKind, lexemes
from nlp.tokens import tokens
from nlp.words import joined, key_stem, keys

__all__ = ["Atom", "BadQuery", "Clause", "Phrase", "Query", "Term", "Word", "highlights", "parse"]

MAX_QUERY = 10_000
"""Characters of a query."""
MAX_TERMS = 200
"""Words, phrases and contacts of a query: few enough for every engine's own limit."""
_MAX_DEPTH = 10


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


Atom = Word | Phrase | Contact


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
    def positive(self) -> tuple[Atom, ...]:
        """Return every atom that may be found in a result."""
        return (*(term.atom for clause in self.clauses for term in clause.any_of if not term.negated), *self.contacts)


def parse(text: str) -> Query:
    """Read a query; raises `BadQuery` and nothing else, whatever the text."""
    if len(text) > MAX_QUERY:
        raise BadQuery("too_long", f"The query is longer than {MAX_QUERY} characters", MAX_QUERY + 1)
    clauses = _Parser(lexemes(text)).query(depth=0)
    contacts = [term.atom for clause in clauses for term in clause.any_of if _is_loose(clause)]
    found = tuple(dict.fromkeys(atom for atom in contacts if isinstance(atom, Contact)))
    return Query(tuple(clause for clause in clauses if not _is_loose(clause)), found)


def _is_loose(clause: Clause) -> bool:
    return all(isinstance(term.atom, Contact) and not term.negated for term in clause.any_of)


class _Parser:
    """Recursive descent; each method takes lexemes from the left and returns clauses that are ANDed."""

    def __init__(self, found: list[Lexeme]) -> None:
        self.left = found[::-1]
        self.terms = 0

    def query(self, depth: int) -> list[Clause]:
        clauses: list[Clause] = []
        while self.left:
            if not self._next_is("close"):
                clauses += self._clause(depth)
            elif depth:
                break
            else:
                self.left.pop()  # a bracket that closes nothing is punctuation
        return clauses

    def _next_is(self, kind: LexemeKind) -> bool:
        return bool(self.left) and self.left[-1].kind == kind

    def _clause(self, depth: int) -> list[Clause]:
        if self._next_is("or"):
            raise BadQuery("lonely_or", "OR needs something before it", self.left[-1].column)
        first = self._term(depth)
        alternatives = [first]
        while self._next_is("or"):
            sign = self.left.pop()
            if not self.left or self.left[-1].kind in ("or", "close"):
                raise BadQuery("lonely_or", "OR needs something after it", sign.column)
            alternatives.append(self._term(depth, whole=True))
        return first if len(alternatives) == 1 else _either(alternatives, sign.column)

    def _term(self, depth: int, *, whole: bool = False) -> list[Clause]:
        """Take one term; one that must stay whole, beside OR or a minus, is a phrase where it has several words."""
        lexeme = self.left.pop()
        if lexeme.kind == "minus":
            return self._negated(lexeme, depth)
        if lexeme.kind == "open":
            return self._group(lexeme, depth)
        self.terms += max(1, len(lexeme.words))
        if self.terms > MAX_TERMS:
            raise BadQuery("too_many", f"The query has more than {MAX_TERMS} words", lexeme.column)
        return [Clause((Term(atom),)) for atom in _atoms(lexeme, whole=whole or self._next_is("or"))]

    def _negated(self, sign: Lexeme, depth: int) -> list[Clause]:
        if not self.left or self.left[-1].kind in ("or", "close", "minus"):
            raise BadQuery("lonely_minus", "The minus needs a word after it", sign.column)
        inner = self._term(depth, whole=True)
        if len(inner) == 1:
            return [Clause((replace(term, negated=not term.negated),)) for term in inner[0].any_of]
        raise BadQuery("minus_group", "Put the minus before each word, not before several", sign.column)

    def _group(self, opened: Lexeme, depth: int) -> list[Clause]:
        if depth >= _MAX_DEPTH:
            raise BadQuery("too_deep", "There are too many parentheses inside one another", opened.column)
        inner = self.query(depth + 1)
        if self._next_is("close"):
            self.left.pop()
        return inner


def _atoms(lexeme: Lexeme, *, whole: bool) -> list[Atom]:
    if lexeme.contact is not None:
        return [lexeme.contact]
    found = keys(lexeme.words)
    if len(found) > 1 and (whole or lexeme.kind == "phrase"):
        return [Phrase(tuple(found))]
    return [Word(each) for each in found]


def _either(alternatives: list[list[Clause]], column: int) -> list[Clause]:
    if any(len(each) > 1 for each in alternatives):
        raise BadQuery("or_group", "OR stands between single words or phrases, not between groups of them", column)
    terms = [term for each in alternatives for clause in each for term in clause.any_of]
    return [Clause(tuple(dict.fromkeys(terms)))] if terms else []


def highlights(text: str, query: Query) -> list[tuple[int, int]]:
    """Return the spans of a text that a query's words, phrases and contacts are found at, sorted, none overlapping."""
    atoms = query.positive
    spans = _word_spans(text, [atom for atom in atoms if not isinstance(atom, Contact)])
    contacts = {atom for atom in atoms if isinstance(atom, Contact)}
    if contacts:
        spans += [(found.start, found.end) for found in find_contacts(text) if found.contact in contacts]
    return _merged(spans)


def _word_spans(text: str, atoms: list[Word | Phrase]) -> list[tuple[int, int]]:
    stems = {atom.stem for atom in atoms if isinstance(atom, Word)}
    runs = {(atom.key,) if isinstance(atom, Word) else atom.keys for atom in atoms}
    found = tokens(text)
    folded = [token.folded for token in found]
    held, places = keys(folded), joined(folded)
    spans = [(token.start, token.end) for token in found if token.stem in stems]
    for run in runs:
        starts = (at for at in range(len(held) - len(run) + 1) if held[at] == run[0])
        hits = [at for at in starts if tuple(held[at : at + len(run)]) == run]
        spans += [(found[places[at][0]].start, found[places[at + len(run) - 1][1] - 1].end) for at in hits]
    return spans


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
