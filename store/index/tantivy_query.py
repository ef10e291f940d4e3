"""Our syntax tree as tantivy Query objects; nothing is ever parsed by tantivy."""

from __future__ import annotations

from collections.abc import Sequence

from tantivy import FieldType, Occur, Query, Schema

from nlp.contacts import Contact
from nlp.query import Atom, Clause, Field, Fuzzy, Pattern, Phrase, Prefix, Term
from store.index.base import IndexQuery
from store.index.moments import bounds


def translated(query: IndexQuery, schema: Schema) -> Query:
    """Return the query that matches exactly what was asked; filters add nothing to the score."""
    clauses = query.query.clauses if query.query else ()
    parts = [(Occur.Must, _clause(clause, schema)) for clause in clauses]
    parts += [(Occur.Must, _silent(each)) for each in _filters(query, schema)]
    return Query.boolean_query(parts or [(Occur.Must, _silent(Query.all_query()))])


def _silent(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def _any(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, each) for each in queries])


def _clause(clause: Clause, schema: Schema) -> Query:
    return _any([_term(term, schema) for term in clause.any_of])


def _term(term: Term, schema: Schema) -> Query:
    found = _atom(term.atom, schema)
    return _not(found) if term.negated else found


def _atom(atom: Atom, schema: Schema) -> Query:
    if isinstance(atom, Contact):
        return _silent(_keyword(schema, "contacts", [str(atom)]))
    if isinstance(atom, Phrase):
        return Query.phrase_query(schema, "words", list(atom.keys))
    if isinstance(atom, Prefix | Fuzzy):
        return _silent(_pattern(atom, schema))
    if isinstance(atom, Field):
        return _silent(_field(atom, schema))
    return _any([Query.term_query(schema, "stems", atom.stem), Query.term_query(schema, "words", atom.key)])


def _pattern(atom: Pattern, schema: Schema) -> Query:
    """Return what a pattern takes; a prefix is a fuzzy one without slips, so that no pattern text is ever escaped."""
    edits, open_end = (atom.edits, False) if isinstance(atom, Fuzzy) else (0, True)
    return Query.fuzzy_term_query(schema, "words", atom.key, distance=edits, prefix=open_end)


def _field(field: Field, schema: Schema) -> Query:
    if days := bounds(field):
        return _between(schema, "at", *days)
    if field.value:
        return _keyword(schema, field.name, [field.value])
    return _not(Query.exists_query(field.name))  # an empty value is not indexed


def _not(found: Query) -> Query:
    return Query.boolean_query([(Occur.Must, _silent(Query.all_query())), (Occur.MustNot, found)])


def _keyword(schema: Schema, field: str, values: Sequence[str]) -> Query:
    return Query.term_set_query(schema, field, list(values))


def _filters(query: IndexQuery, schema: Schema) -> list[Query]:
    found = [_keyword(schema, field, values) for field, values in query.keyword_filters.items()]
    if query.since is not None or query.until is not None:
        found.append(_between(schema, "at", query.first_moment, query.last_moment))
    if query.after_seq is not None:
        found.append(_between(schema, "seq", query.after_seq + 1, None))
    return found


def _between(schema: Schema, field: str, low: int | None, high: int | None) -> Query:
    return Query.range_query(schema, field, FieldType.Integer, low, high)
