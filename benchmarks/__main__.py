"""`python -m benchmarks [NAME …] [OPTION …]`: run all benchmarks, or those named; some have options, if named alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from itertools import takewhile

from benchmarks.report import Report

BENCHMARKS = {name: f"benchmarks.{name}" for name in ("assess", "redact", "register", "workers")}
WITH_OPTIONS = {
    "search": "benchmarks.search.plan",
    "comparing": "benchmarks.comparing",
    "linking": "benchmarks.linking",
    "exports": "benchmarks.exports",
    "collecting": "benchmarks.collecting.plan",
    "arrival": "benchmarks.arrival",
    "desk": "benchmarks.desk.plan",
}
"""Modules by name, each imported when it runs: what this process weighs is counted into what it starts."""
_PEER = ("presidio_analyzer", "fr_core_news_sm", "scrubadub")
_WITHOUT_PEER = frozenset({"workers", "register", *WITH_OPTIONS})


def main() -> None:
    names = list(takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    options = sys.argv[1 + len(names) :]
    every = BENCHMARKS | WITH_OPTIONS
    names = names or list(every)
    if unknown := [name for name in names if name not in every]:
        raise SystemExit(f"No such benchmark: {', '.join(unknown)}. There are {', '.join(every)}.")
    if options and (len(names) > 1 or names[0] not in WITH_OPTIONS):
        raise SystemExit(f"Only {' and '.join(WITH_OPTIONS)} have options, each named alone.")
    missing = [name for name in _PEER if find_spec(name) is None]
    if missing and not _WITHOUT_PEER.issuperset(names):
        raise SystemExit(f"The peer is not installed ({', '.join(missing)}): run `make bench`.")
    for name in names:
        bench: Callable[..., Report] = import_module(every[name]).bench
        (bench(options) if name in WITH_OPTIONS else bench()).show()


if __name__ == "__main__":
    main()
