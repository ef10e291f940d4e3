"""Rows answered by several processes, in their order: what one core cannot read fast enough, all of them can.

The first rows are answered here: a few rows need no other process. Then chunks go to forked workers, which share the
loaded model's memory. A chunk is what has arrived, at most `_MOST` rows: whoever feeds rows by hand is answered row by
row. Memory stays constant, however long the stream.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import active_children, get_all_start_methods, get_context, parent_process
from queue import Empty, Queue
from threading import Thread

from store.errors import VigieError
from vigie.jsonl import Answer, Row

Each = Callable[[Iterable[Row]], Iterator[Answer]]

_ALONE = 200
"""Rows that are answered before another process is started."""
_MOST = 32
_AHEAD = 4
"""Chunks a worker that may wait for their turn."""

_each: Each
"""What the workers do; the fork hands it over, since a closure cannot be sent."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def answer_shared(rows: Iterable[Row], each: Each, workers: int) -> Iterator[Answer]:
    """Yield the answers of `each` in the order of the rows, made by so many processes; with 1, by this one.

    Raises VigieError when a worker is killed, by want of memory or by hand.
    """
    given = iter(rows)
    yield from each(islice(given, _ALONE))
    first = next(given, None)
    if first is None:
        return
    rest = chain([first], given)
    if workers < 2 or "fork" not in get_all_start_methods():
        yield from each(rest)
        return
    try:
        yield from _shared(rest, each, workers)
    except BrokenProcessPool:
        raise VigieError("A reading process was killed, perhaps for want of memory: try --workers 1.") from None


def _shared(rows: Iterable[Row], each: Each, workers: int) -> Iterator[Answer]:
    global _each  # noqa: PLW0603 the fork hands it over
    _each = each
    others = active_children()
    with ProcessPoolExecutor(workers, get_context("fork"), _begin) as pool:
        pool.submit(_answers, []).result()  # all workers are forked before the thread that reads is started
        try:
            yield from _in_order(pool, rows, workers)
        except BaseException:
            # nobody waits for the answers any more: rows that take long are not read to their end
            for worker in active_children():
                if worker not in others:
                    worker.kill()
            raise


def _in_order(pool: ProcessPoolExecutor, rows: Iterable[Row], workers: int) -> Iterator[Answer]:
    waiting: deque[Future[list[Answer]]] = deque()
    for chunk in _chunks(rows):
        if chunk:
            waiting.append(pool.submit(_answers, chunk))
        while waiting and (not chunk or waiting[0].done() or len(waiting) >= _AHEAD * workers):
            yield from waiting.popleft().result()
    for last in waiting:
        yield from last.result()


def _begin() -> None:
    """Let the first process alone hear Ctrl-C: it ends this one, which does not outlive it either."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_first, daemon=True).start()


def _end_with_the_first() -> None:
    """End a worker whose first process was ended by a signal: it would wait for ever, and hold the output open."""
    if (first := parent_process()) is not None:
        first.join()
    os._exit(1)


def _answers(chunk: list[Row]) -> list[Answer]:
    return list(_each(chunk))


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield what has arrived, in chunks, and an empty one whenever nothing has: then what is done can be told."""
    arriving: Queue[Row | BaseException | None] = Queue(_MOST * _AHEAD)
    Thread(target=_read, args=(rows, arriving), daemon=True).start()
    while True:
        try:
            row = arriving.get_nowait()
        except Empty:
            yield []
            row = arriving.get()
        chunk: list[Row] = []
        while isinstance(row, Row) and len(chunk) < _MOST:
            chunk.append(row)
            try:
                row = arriving.get_nowait() if len(chunk) < _MOST else row
            except Empty:
                break
        if chunk:
            yield chunk
        if row is None:
            return
        if isinstance(row, BaseException):
            yield []
            raise row


def _read(rows: Iterable[Row], arriving: Queue[Row | BaseException | None]) -> None:
    try:
        for row in rows:
            arriving.put(row)
    except BaseException as error:  # noqa: BLE001 told to whoever waits for the rows
        arriving.put(error)
    else:
        arriving.put(None)
