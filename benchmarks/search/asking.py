"""How long searches take: Vigie's on either engine, and the peer's."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.search import fts5, ready
from benchmarks.search.places import Place
from benchmarks.search.queries import ours_only, shared
from benchmarks.search.timing import Answer, timed
from store.index import IndexQuery

Json = dict[str, Any]
_ROUNDS, _PEER_ROUNDS = 10, 3


def ask_ours(place: Place) -> Json:
    """Ask the index of a place."""
    with place.index(writer=False) as index:

        def ask(query: IndexQuery) -> Answer:
            hits = index.search(query)
            return hits.total, hits.ids

        return {"search": timed(ask, shared(), _ROUNDS), "ours_only": timed(ask, ours_only(), _ROUNDS)}


def ask_peer(place: Place) -> Json:
    """Build the peer's index of a place's posts, ask it, and delete it."""
    path = place.work / f"fts5-{place.posts}.db"
    started = time.perf_counter()
    connection = fts5.build(path, ready.ready(place))
    seconds, size = time.perf_counter() - started, path.stat().st_size
    found = timed(fts5.Peer(connection).search, shared(), _PEER_ROUNDS)
    connection.close()
    path.unlink()
    return {"seconds": round(seconds, 1), "disk_mb": round(size / 2**20), "search": found}
