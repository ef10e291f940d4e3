"""The best matches of the embedded engine: by BM25 if there are words to rank by, then newest, then by id.

The engine orders by one value only and breaks ties its own way. Here ties are broken as the other engine does, without
reading all that tie: they may be a great part of a large index.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from tantivy import DocAddress, FieldType, Occur, Query, Searcher

from store.index.tantivy_documents import SCHEMA, by_id, stored_id

Hit = tuple[Any, DocAddress]
Ranked = tuple[float, int, DocAddress]
"""Rank, moment, address: the higher the better, both."""

_SPARE = 1_000
"""Hits taken beyond the wanted ones: enough for most ties."""
_WINDOW, _WIDER = 4_000, 8
"""Newest matches among which those of a large tie are looked for first, and how many times more the next time."""
_SAME = 1e-6
"""Scores that differ by no greater part are the same: their last digits depend on the order of adding up."""


def best(searcher: Searcher, tree: Query, *, by_words: bool, first: int, last: int) -> tuple[int, list[str]]:
    """Return how many documents match, and the ids from place `first` up to `last`, half-open, counted from 0."""
    if last <= first:
        return count(searcher, tree), []
    take = _by_score if by_words else _by_moment
    total, found = take(searcher, tree, last)
    return total, [stored_id(searcher, address) for address in islice(_in_order(searcher, found), first, last)]


def count(searcher: Searcher, tree: Query) -> int:
    """Return how many documents match."""
    return int(searcher.aggregate(tree, {"n": {"value_count": {"field": "version"}}})["n"]["value"])


def _in_order(searcher: Searcher, found: list[Ranked]) -> Iterator[DocAddress]:
    found.sort(key=lambda each: each[:2], reverse=True)
    for _, tied in groupby(found, key=lambda each: each[:2]):
        addresses = [address for *_, address in tied]
        yield from addresses if len(addresses) == 1 else by_id(searcher, addresses)


def _by_moment(searcher: Searcher, tree: Query, wanted: int) -> tuple[int, list[Ranked]]:
    """Return the total and the newest matches: as many as are wanted, and all that tie with the last of those."""
    total, hits = _first(searcher, tree, wanted + _SPARE, order="at")
    if _reaches_beyond_ties(hits, wanted, total):
        return total, [(0.0, moment, address) for moment, address in hits]
    edge = hits[wanted - 1][0]
    tied = _posted(tree, edge, edge)
    hits = [hit for hit in hits if hit[0] > edge] + _newest(searcher, tied, count(searcher, tied))
    return total, [(0.0, moment, address) for moment, address in hits]


def _by_score(searcher: Searcher, tree: Query, wanted: int) -> tuple[int, list[Ranked]]:
    """Return the total and the matches of the highest scores; of those that tie with the last wanted the newest."""
    total, raw = _first(searcher, tree, wanted + _SPARE)
    hits = _evened(raw)
    if _reaches_beyond_ties(hits, wanted, total):
        return total, _with_moments(searcher, hits)
    edge = hits[wanted - 1][0]
    above = [hit for hit in hits if hit[0] > edge]
    return total, _with_moments(searcher, above) + _newest_of(searcher, tree, edge, wanted - len(above))


def _reaches_beyond_ties(hits: list[Hit], wanted: int, total: int) -> bool:
    """Tell whether the hits hold everything that ties with the last wanted one."""
    return len(hits) >= total or len(hits) <= wanted or hits[-1][0] != hits[wanted - 1][0]


def _newest_of(searcher: Searcher, tree: Query, score: float, wanted: int) -> list[Ranked]:
    """Return those of one score that were posted in the newest moments: as many as are wanted, or more.

    The engine cannot ask for one score. So the newest matches of any score are looked through, more and more of them.
    """
    window = _WINDOW
    while True:
        newest = _newest(searcher, tree, window)
        within = _posted(tree, newest[-1][0], None) if len(newest) == window else tree
        scored = searcher.search(within, limit=max(1, count(searcher, within)), count=False).hits
        tied = [(score, address) for each, address in scored if abs(each - score) <= _SAME * score]
        if within is tree or len(tied) >= wanted:
            return _with_moments(searcher, tied)
        window *= _WIDER


def _first(searcher: Searcher, tree: Query, limit: int, order: str | None = None) -> tuple[int, list[Hit]]:
    found = searcher.search(tree, limit=limit, order_by_field=order)
    return int(found.count), list(found.hits)  # type: ignore[attr-defined]  # its stubs forget the count


def _evened(hits: list[Hit]) -> list[Hit]:
    """Give scores that are the same but for their last digits the same value; the hits come best first."""
    evened: list[Hit] = []
    for score, address in hits:
        before = evened[-1][0] if evened else score
        evened.append((before if before - score <= _SAME * before else score, address))
    return evened


def _newest(searcher: Searcher, tree: Query, limit: int) -> list[Hit]:
    return list(searcher.search(tree, limit=max(1, limit), count=False, order_by_field="at").hits)


def _posted(tree: Query, first: int, last: int | None) -> Query:
    """Return what matches, with the same score, those that were posted between two moments, inclusive."""
    moments = Query.range_query(SCHEMA, "at", FieldType.Integer, first, last)
    return Query.boolean_query([(Occur.Must, tree), (Occur.Must, Query.const_score_query(moments, 0.0))])


def _with_moments(searcher: Searcher, hits: list[Hit]) -> list[Ranked]:
    moments = searcher.fast_field_values("at", [address for _, address in hits])
    return [(score, int(at or 0), address) for (score, address), at in zip(hits, moments, strict=True)]
