"""`python -m benchmarks [NAME …]`: run all benchmarks, or those named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec

from benchmarks import assess, redact
from benchmarks.report import Report

BENCHMARKS: dict[str, Callable[[], Report]] = {"assess": assess.bench, "redact": redact.bench}
_PEER = ("presidio_analyzer", "fr_core_news_sm")


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        raise SystemExit(f"No such benchmark: {', '.join(unknown)}. There are {', '.join(BENCHMARKS)}.")
    if missing := [name for name in _PEER if find_spec(name) is None]:
        raise SystemExit(f"The peer is not installed ({', '.join(missing)}): run `make bench`.")
    for name in names:
        BENCHMARKS[name]().show()


if __name__ == "__main__":
    main()
