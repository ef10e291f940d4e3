"""The query language: a small text that a person types becomes a syntax tree that every engine understands.

    query   = { clause }                 clauses are ANDed; AND and ET may be written, they change nothing
    clause  = term { OR term }           OR, OU or | binds tighter than AND
    term    = [ "-" | NOT ] ( word | "a phrase" | pattern | field | contact | "(" query ")" )
    pattern = word "*"                   words that begin so
            | word "~" [ "1" | "2" ]     words that are one or two slips away
    field   = name ":" value             ville:Laval, après:2026-03; `nlp.query_fields` has the names and values

A contact is a phone number, e-mail or handle, disguised or not. Contacts that stand alone are any-of, together with
the search's list of identifiers. Parentheses hold alternatives, or clauses where no OR or minus touches them.
User text never reaches an engine's own parser: engines are handed this tree. `docs/searching.md` is for people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nlp.contacts import Contact
from nlp.query_highlights import highlights
from nlp.query_lexer import Lexeme, LexemeKind, lexemes
from nlp.query_scan import Typed, fields_of
from nlp.query_tree import (
    MAX_TERMS,
    MIN_FUZZY,
    MIN_PREFIX,
    TWO_SLIPS_FROM,
    Atom,
    BadQuery,
    Clause,
    Field,
    Fuzzy,
    Pattern,
    Phrase,
    Prefix,
    Query,
    Term,
    Word,
)
from nlp.words import keys

__all__ = [
    "MAX_PATTERNS",
    "MAX_QUERY",
    "MAX_TERMS",
    "Atom",
    "BadQuery",
    "Clause",
    "Field",
    "Fuzzy",
    "Pattern",
    "Phrase",
    "Prefix",
    "Query",
    "Term",
    "Word",
    "highlights",
    "parse",
    "with_sources_renamed",
]

MAX_QUERY = 10_000
"""Characters of a query."""
MAX_PATTERNS = 10
"""Prefixes and fuzzy words of a query: each is held against every word of the index."""
_MAX_DEPTH = 10


def parse(text: str) -> Query:
    """Read a query; raises `BadQuery` and nothing else, whatever the text."""
    _check_length(text)
    clauses = _Parser(lexemes(text)).query(depth=0)
    contacts = [term.atom for clause in clauses for term in clause.any_of if _is_loose(clause)]
    found = tuple(dict.fromkeys(atom for atom in contacts if isinstance(atom, Contact)))
    return Query(tuple(clause for clause in clauses if not _is_loose(clause)), found)


def with_sources_renamed(text: str, name_of: Callable[[str], str]) -> str:
    """Return a query in which the value of every `source:` is what `name_of` makes of it; raises `BadQuery`.

    `name_of` is handed the value folded, and may raise errors of its own.
    """
    _check_length(text)
    for found in reversed([*fields_of(Typed(text))]):
        if isinstance(found.atom, Field) and found.atom.name == "source":
            start, end = found.value
            text = f'{text[:start]}"{name_of(found.atom.value)}"{text[end:]}'
    return text


def _check_length(text: str) -> None:
    if len(text) > MAX_QUERY:
        raise BadQuery("too_long", f"The query is longer than {MAX_QUERY} characters", MAX_QUERY + 1)


def _is_loose(clause: Clause) -> bool:
    return all(isinstance(term.atom, Contact) and not term.negated for term in clause.any_of)


class _Parser:
    """Recursive descent; each method takes lexemes from the left and returns clauses that are ANDed."""

    def __init__(self, found: list[Lexeme]) -> None:
        self.left = found[::-1]
        self.terms = self.patterns = 0

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
        self._count(lexeme)
        return [Clause((Term(atom),)) for atom in _atoms(lexeme, whole=whole or self._next_is("or"))]

    def _count(self, lexeme: Lexeme) -> None:
        self.terms += max(1, len(lexeme.words))
        if self.terms > MAX_TERMS:
            raise BadQuery("too_many", f"The query has more than {MAX_TERMS} words", lexeme.column)
        self.patterns += lexeme.kind == "pattern"
        if self.patterns > MAX_PATTERNS:
            message = f"The query has more than {MAX_PATTERNS} words with a star or a tilde"
            raise BadQuery("too_many_patterns", message, lexeme.column)

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
    if lexeme.atom is not None:
        return [lexeme.atom]
    found = keys(lexeme.words)
    if lexeme.kind == "pattern":
        return [_pattern(lexeme, found)]
    if len(found) > 1 and (whole or lexeme.kind == "phrase"):
        return [Phrase(tuple(found))]
    return [Word(each) for each in found]


def _pattern(lexeme: Lexeme, found: list[str]) -> Pattern:
    if len(found) > 1:
        raise BadQuery("pattern_words", "A star or a tilde stands after one word, not after several", lexeme.column)
    letters = len(found[0])
    if lexeme.sign == "*":
        if letters < MIN_PREFIX:
            raise BadQuery("prefix_short", f"Write at least {MIN_PREFIX} letters before the star", lexeme.column)
        return Prefix(found[0])
    slips = int(lexeme.sign[1:] or (2 if letters >= TWO_SLIPS_FROM else 1))
    if letters < MIN_FUZZY[slips]:
        message = f"A tilde needs a word of {MIN_FUZZY[1]} letters or more, ~2 one of {MIN_FUZZY[2]}"
        raise BadQuery("fuzzy_short", message, lexeme.column)
    return Fuzzy(found[0], slips)


def _either(alternatives: list[list[Clause]], column: int) -> list[Clause]:
    if any(len(each) > 1 for each in alternatives):
        raise BadQuery("or_group", "OR stands between single words or phrases, not between groups of them", column)
    terms = [term for each in alternatives for clause in each for term in clause.any_of]
    return [Clause(tuple(dict.fromkeys(terms)))] if terms else []
