"""The server that is measured: `vigie serve` as it is, with a clock before it and a bare peer beside it.

`python -m benchmarks.desk.served RESULT WORK POSTS DATABASE ENGINE` says its address, serves until it is told to stop
(SIGINT), and then writes what it measured.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.desk.bare import bare_app
from benchmarks.search.places import Place
from nlp.reader import Reader
from store.index import Index
from store.models import reader_in_force
from store.store import Store
from triage_api.app import create_app
from vigie import serving

LABEL = "x-bench"
"""Header by which a client names what it asks for; what has none is not measured."""


class Clocked:
    """An app, and the seconds that it took for each request: from its coming to the last byte that was handed on."""

    def __init__(self, app: ASGIApp, bare: ASGIApp) -> None:
        self.app, self.bare = app, bare
        self.taken: list[tuple[str, float, float]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        label = dict(scope.get("headers", ())).get(LABEL.encode(), b"").decode()
        app = self.bare if scope.get("path") == "/bare" else self.app
        started, used = time.perf_counter(), time.process_time()
        await app(scope, receive, send)
        if label:
            self.taken.append((label, time.perf_counter() - started, time.process_time() - used))


def main() -> None:
    result, work, posts, database, engine = sys.argv[1:]
    place = Place(Path(work), int(posts), database, engine)  # type: ignore[arg-type]  # the parent says them
    clocks: list[Clocked] = []

    def clocked(store: Store, reader: Reader | None, index: Index) -> Any:
        clocks.append(Clocked(create_app(store, reader, index), bare_app(store)))
        return clocks[0]

    with place.opened() as opened, place.index(writer=False) as index, patch.object(serving, "create_app", clocked):
        store = replace(opened, settings=opened.settings.model_copy(update={"port": 0}))
        reader = reader_in_force(store.settings)
        with suppress(KeyboardInterrupt):  # uvicorn passes the signal on once it has stopped
            serving.serve_pages(store, reader, index, ready=lambda address: print(address, flush=True))
    Path(result).write_text(json.dumps([taken for clock in clocks for taken in clock.taken]))


if __name__ == "__main__":
    main()
