"""`python -m benchmarks [NAME …] [OPTION …]`: run all benchmarks, or those named; options are those of `search`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import takewhile

from benchmarks import assess, redact, workers
from benchmarks.report import Report
from benchmarks.search import plan

BENCHMARKS: dict[str, Callable[[], Report]] = {
    "assess": assess.bench,
    "redact": redact.bench,
    "workers": workers.bench,
}
_PEER = ("presidio_analyzer", "fr_core_news_sm")
_WITHOUT_PEER = frozenset({"search", "workers"})


def main() -> None:
    names = list(takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    options = sys.argv[1 + len(names) :]
    every: dict[str, Callable[[], Report]] = {**BENCHMARKS, "search": lambda: plan.bench(options)}
    names = names or list(every)
    if unknown := [name for name in names if name not in every]:
        raise SystemExit(f"No such benchmark: {', '.join(unknown)}. There are {', '.join(every)}.")
    if options and "search" not in names:
        raise SystemExit("Only the benchmark `search` has options.")
    missing = [name for name in _PEER if find_spec(name) is None]
    if missing and not _WITHOUT_PEER.issuperset(names):
        raise SystemExit(f"The peer is not installed ({', '.join(missing)}): run `make bench`.")
    for name in names:
        every[name]().show()


if __name__ == "__main__":
    main()
