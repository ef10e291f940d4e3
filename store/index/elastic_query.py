"""Our syntax tree as Elasticsearch bool queries; words are asked for as terms, never parsed by the engine."""

from __future__ import annotations

from typing import Any

from nlp.contacts import Contact
from nlp.query import Atom, Clause, Field, Fuzzy, Pattern, Phrase, Prefix, Term
from store.index.base import IndexQuery
from store.index.moments import bounds

Json = dict[str, Any]


def translated(query: IndexQuery) -> Json:
    """Return the query that matches exactly what was asked; filters stand in filter context and add no score."""
    clauses = query.query.clauses if query.query else ()
    return {"bool": {"must": [_clause(clause) for clause in clauses], "filter": [{"match_all": {}}, *_filters(query)]}}


def order(query: IndexQuery) -> list[Json]:
    """Return the sort: by BM25 if there are words to rank by, then newest, then id."""
    newest: list[Json] = [{"at": "desc"}, {"id": "asc"}]
    return [{"_score": "desc"}, *newest] if query.has_words else newest


def _any(queries: list[Json]) -> Json:
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def _clause(clause: Clause) -> Json:
    return _any([_term(term) for term in clause.any_of])


def _term(term: Term) -> Json:
    found = _atom(term.atom)
    return _not(found) if term.negated else found


def _not(found: Json) -> Json:
    return {"bool": {"filter": [{"match_all": {}}], "must_not": [found]}}


def _silent(found: Json) -> Json:
    return {"bool": {"filter": [found]}}


def _atom(atom: Atom) -> Json:
    if isinstance(atom, Contact):
        return _silent({"term": {"contacts": str(atom)}})
    if isinstance(atom, Phrase):
        return {"match_phrase": {"words": " ".join(atom.keys)}}
    if isinstance(atom, Prefix | Fuzzy):
        return _silent(_pattern(atom))
    if isinstance(atom, Field):
        return _silent(_field(atom))
    return _any([{"term": {"stems": atom.stem}}, {"term": {"words": atom.key}}])


def _pattern(atom: Pattern) -> Json:
    """Return what a pattern takes: every word of the index that it fits, not the most likely ones only."""
    if isinstance(atom, Prefix):
        return {"prefix": {"words": {"value": atom.key, "rewrite": "constant_score"}}}
    return {"fuzzy": {"words": {"value": atom.key, "fuzziness": atom.edits, "rewrite": "constant_score"}}}


def _field(field: Field) -> Json:
    if days := bounds(field):
        return {"range": {"at": _known(*days)}}
    if field.value:
        return {"term": {field.name: field.value}}
    return _not({"exists": {"field": field.name}})  # an empty value is not indexed


def _known(low: int | None, high: int | None) -> Json:
    return {side: moment for side, moment in (("gte", low), ("lte", high)) if moment is not None}


def _filters(query: IndexQuery) -> list[Json]:
    found: list[Json] = [{"terms": {field: values}} for field, values in query.keyword_filters.items()]
    if known := _known(query.first_moment, query.last_moment):
        found.append({"range": {"at": known}})
    if query.after_seq is not None:
        found.append({"range": {"seq": {"gt": query.after_seq}}})
    return found
