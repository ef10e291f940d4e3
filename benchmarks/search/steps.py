"""One step in a process of its own, so that its peak memory is its own: `python -m benchmarks.search.steps …`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import Any

from benchmarks.search.places import Place
from store.clock import system_clock

Json = dict[str, Any]
_STATUS = Path("/proc/self/status")


STEPS = {
    "fill": "places.fill",
    "ready": "ready.make",
    "fts5": "asking.ask_peer",
    "search": "asking.ask_ours",
    "bare": "bare.bare",
    "outbox": "ingest.outbox",
    "decide": "deciding.visible",
}
"""Where each step stands: a process loads its own alone, so that its memory is its own."""


def _step(name: str) -> Callable[[Place], Json]:
    module, function = STEPS[name].split(".")
    found: Callable[[Place], Json] = getattr(import_module(f"benchmarks.search.{module}"), function)
    return found


@contextmanager
def _watching_memory(into: Json) -> Iterator[None]:
    """Note the most memory that the process had: with the files it mapped, and without."""
    done, private = Event(), [0]

    def watch() -> None:
        while not done.wait(0.2):
            private.append(_status_kib("RssAnon"))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    into["peak_mb"] = _status_kib("VmHWM") // 1024
    into["private_mb"] = max(*private, _status_kib("RssAnon")) // 1024


def _status_kib(name: str) -> int:
    if not _STATUS.exists():  # Linux alone tells
        return 0
    found = (line.split() for line in _STATUS.read_text().splitlines())
    return next((int(words[1]) for words in found if words[0] == f"{name}:"), 0)


def main() -> None:
    step, result, *rest = sys.argv[1:]
    work, posts, database, engine = rest
    place = Place(Path(work), int(posts), database, engine)  # type: ignore[arg-type]  # the parent says them
    told: Json = {"step": step, "posts": place.posts, "database": database, "engine": engine}
    told |= {"measured_at": f"{system_clock():%Y-%m-%dT%H:%M:%SZ}", "load_before": round(os.getloadavg()[0], 1)}
    with _watching_memory(told):
        told |= _step(step)(place)
    if told.get("reused") and Path(result).exists():
        return  # what it took to make is told there
    new = Path(f"{result}.new")
    new.write_text(json.dumps(told, ensure_ascii=False))
    new.replace(result)


if __name__ == "__main__":
    main()
