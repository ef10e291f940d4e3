"""`python -m benchmarks [NAME …] [OPTION …]`: run all benchmarks, or those named; some have options, if named alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import takewhile

from benchmarks import assess, comparing, linking, redact, register, workers
from benchmarks.report import Report
from benchmarks.search import plan

BENCHMARKS: dict[str, Callable[[], Report]] = {
    "assess": assess.bench,
    "redact": redact.bench,
    "register": register.bench,
    "workers": workers.bench,
}
WITH_OPTIONS: dict[str, Callable[[Sequence[str]], Report]] = {
    "search": plan.bench,
    "comparing": comparing.bench,
    "linking": linking.bench,
}
_PEER = ("presidio_analyzer", "fr_core_news_sm")
_WITHOUT_PEER = frozenset({"workers", "register", *WITH_OPTIONS})


def main() -> None:
    names = list(takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    options = sys.argv[1 + len(names) :]
    every = BENCHMARKS | {name: partial(bench, options) for name, bench in WITH_OPTIONS.items()}
    names = names or list(every)
    if unknown := [name for name in names if name not in every]:
        raise SystemExit(f"No such benchmark: {', '.join(unknown)}. There are {', '.join(every)}.")
    if options and (len(names) > 1 or names[0] not in WITH_OPTIONS):
        raise SystemExit(f"Only {' and '.join(WITH_OPTIONS)} have options, each named alone.")
    missing = [name for name in _PEER if find_spec(name) is None]
    if missing and not _WITHOUT_PEER.issuperset(names):
        raise SystemExit(f"The peer is not installed ({', '.join(missing)}): run `make bench`.")
    for name in names:
        every[name]().show()


if __name__ == "__main__":
    main()
