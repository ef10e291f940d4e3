"""How long questions take: percentiles over all of them and by kind."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.search.queries import Asked
from store.index import IndexQuery

Json = dict[str, Any]
Answer = tuple[int, list[str]]


def timed(ask: Callable[[IndexQuery], Answer], asked: Iterable[Asked], rounds: int) -> Json:
    """Ask everything once unmeasured, then `rounds` times over; return milliseconds by kind, and the totals found.

    `cpu` is what the asking thread itself computed: other programs on the machine do not lengthen it.
    """
    queries = [(each, each.query) for each in asked]
    totals = [ask(query)[0] for _, query in queries]
    taken: dict[str, list[float]] = {}
    computed: list[float] = []
    for _ in range(rounds):
        for each, query in queries:
            started, used = time.perf_counter(), time.thread_time()
            ask(query)
            computed.append((time.thread_time() - used) * 1000)
            taken.setdefault(each.kind, []).append((time.perf_counter() - started) * 1000)
    kinds = {kind: spread(found) for kind, found in taken.items()}
    every = spread(one for found in taken.values() for one in found)
    return {"all": every, "cpu": spread(computed), "kinds": kinds, "totals": totals}


def spread(values: Iterable[float]) -> Json:
    """Return the median, the 95th percentile and the largest of some values."""
    found = sorted(values)
    return {"p50": _at(found, 0.5), "p95": _at(found, 0.95), "max": _at(found, 1.0), "n": len(found)}


def _at(found: list[float], share: float) -> float:
    return round(found[max(0, math.ceil(share * len(found)) - 1)], 3)
