"""The worker: collect, assess, index and let go, over and over, until told to stop."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.collect import collect_due
from pipeline.index import drain_batch
from pipeline.retain import purge
from store.errors import VigieError
from store.index import Index
from store.store import Store

log = logging.getLogger(__name__)

Step = Callable[[], int]
"""One unattended step; returns how much it did, 0 when there is nothing to do."""

STEPS = ("collect", "assess", "index", "retain")
_PAUSE = 1.0
"""Seconds between rounds in which nothing was done."""
_PURGE_EVERY = timedelta(hours=1)


def worker_name() -> str:
    """Return a name for this worker that no other one has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def steps(
    store: Store, reader: Reader, index: Index, names: tuple[str, ...] = STEPS, stop: Event | None = None
) -> dict[str, Step]:
    """Return the chosen steps, ready to run, in the order of the flow; `stop` ends a collection under way."""
    owner = worker_name()
    every = {
        "collect": lambda: sum(1 for _ in collect_due(store, owner, stop)),
        "assess": lambda: assess_batch(store, reader, owner),
        "index": lambda: drain_batch(store, index),
        "retain": _hourly(store, lambda: purge(store).posts),
    }
    return {name: every[name] for name in STEPS if name in names}


def _hourly(store: Store, step: Step) -> Step:
    done = store.clock() - _PURGE_EVERY

    def run() -> int:
        nonlocal done
        if store.clock() - done < _PURGE_EVERY:
            return 0
        done = store.clock()
        return step()

    return run


def run_until_idle(todo: dict[str, Step]) -> None:
    """Run each step until it finds nothing to do, in order; errors are raised."""
    for step in todo.values():
        while step():
            pass


def run_forever(todo: dict[str, Step], stop: Event) -> None:
    """Run the steps round after round until `stop` is set; a step that fails is told and tried again.

    Collecting may take hours, so it runs in a thread of its own: what has come in is read and let go meanwhile.
    """
    collecting = {name: step for name, step in todo.items() if name == "collect"}
    collector = Thread(target=_rounds, args=(collecting, stop), name="vigie-collect")
    collector.start()
    try:
        _rounds({name: step for name, step in todo.items() if name != "collect"}, stop)
    finally:
        stop.set()
        collector.join()


def _rounds(todo: dict[str, Step], stop: Event) -> None:
    while not stop.is_set():
        done = 0
        for name, step in todo.items():
            done += 0 if stop.is_set() else _attempt(name, step)
        if done == 0:
            stop.wait(_PAUSE)


def _attempt(name: str, step: Step) -> int:
    try:
        return step()
    except VigieError as error:
        log.warning("%s: %s", name, error.message)
    except Exception:
        log.exception("%s failed; it will be tried again", name)
    return 0
