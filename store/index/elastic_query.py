"""Our syntax tree as Elasticsearch bool queries; words are asked for as terms, never parsed by the engine."""

from __future__ import annotations

from typing import Any

from nlp.contacts import Contact
from nlp.query import Atom, Clause, Phrase, Term
from store.index.base import IndexQuery

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
    return {"bool": {"filter": [{"match_all": {}}], "must_not": [found]}} if term.negated else found


def _atom(atom: Atom) -> Json:
    if isinstance(atom, Contact):
        return {"bool": {"filter": [{"term": {"contacts": str(atom)}}]}}
    if isinstance(atom, Phrase):
        return {"match_phrase": {"words": " ".join(atom.keys)}}
    return _any([{"term": {"stems": atom.stem}}, {"term": {"words": atom.key}}])


def _filters(query: IndexQuery) -> list[Json]:
    found: list[Json] = [{"terms": {field: values}} for field, values in query.keyword_filters.items()]
    bounds = {"gte": query.first_moment, "lte": query.last_moment}
    if known := {side: moment for side, moment in bounds.items() if moment is not None}:
        found.append({"range": {"at": known}})
    if query.after_seq is not None:
        found.append({"range": {"seq": {"gt": query.after_seq}}})
    return found
