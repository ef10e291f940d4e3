"""The worker: collect, assess, link, index, sign the register and let go, over and over, until told to stop."""

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
from pipeline.emerging import find_emerging
from pipeline.exports.ending import let_go
from pipeline.exports.running import export_batch
from pipeline.feedback.rereading import read_again
from pipeline.feedback.sample import draw_sample
from pipeline.index import drain_batch
from pipeline.link import link_batch
from pipeline.rebuild import erase_thoroughly
from pipeline.retain import purge
from store.clock import every
from store.errors import VigieError
from store.index import Index
from store.register.sequencing import sequence
from store.store import Store

log = logging.getLogger(__name__)

Step = Callable[[], int]
"""One unattended step; returns how much it did, 0 when there is nothing to do."""

STEPS = ("collect", "assess", "reread", "link", "sample", "index", "sequence", "words", "export", "retain")
_PAUSE = 1.0
"""Seconds between rounds in which nothing was done."""
_PURGE_EVERY = timedelta(hours=1)
_DRAW_EVERY = timedelta(minutes=15)


def worker_name() -> str:
    """Return a name for this worker that no other one has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def steps(
    store: Store, reader: Reader | None, index: Index, names: tuple[str, ...] = STEPS, stop: Event | None = None
) -> dict[str, Step]:
    """Return the chosen steps, ready to run, in the order of the flow; `stop` ends a collection under way.

    Only `assess` needs the reader, which takes a while to load.
    """
    owner = worker_name()
    known: dict[str, Step] = {
        "collect": lambda: sum(1 for _ in collect_due(store, owner, stop)),
        "reread": lambda: read_again(store, owner),
        "link": lambda: link_batch(store, owner),
        "sample": _sampling(store),
        "index": lambda: drain_batch(store, index, owner),
        "sequence": lambda: sequence(store),
        "words": lambda: find_emerging(store, owner),
        "export": lambda: export_batch(store, owner),
        "retain": _retaining(store, index, owner),
    }
    if reader is not None:
        known["assess"] = lambda: assess_batch(store, reader, owner)
    return {name: known[name] for name in STEPS if name in names}


def _sampling(store: Store) -> Step:
    """Return the step that draws the sample lane, now and then: to draw it walks over all that was passed over."""
    return every(store.clock, _DRAW_EVERY, lambda: draw_sample(store))


def _retaining(store: Store, index: Index, owner: str) -> Step:
    """Return the step that lets go: an hourly look at what has reached its end, and thorough erasures when due."""
    looked = store.clock() - _PURGE_EVERY

    def run() -> int:
        nonlocal looked
        done = 0
        if store.clock() - looked >= _PURGE_EVERY:
            looked = store.clock()
            done = purge(store).posts + let_go(store)
        return done + erase_thoroughly(store, index, owner)

    return run


def run_until_idle(todo: dict[str, Step]) -> None:
    """Run each step until it finds nothing to do, in order; errors are raised."""
    for step in todo.values():
        while step():
            pass


def run_forever(todo: dict[str, Step], stop: Event) -> None:
    """Run the steps until `stop` is set; a step that fails is told and tried again.

    Each has a thread of its own: collecting may take hours, an engine that is away makes the index wait, and neither
    may hold up what else there is to do.
    """
    threads = [Thread(target=_rounds, args=(name, step, stop), name=f"vigie-{name}") for name, step in todo.items()]
    for thread in threads:
        thread.start()
    try:
        stop.wait()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _rounds(name: str, step: Step, stop: Event) -> None:
    while not stop.is_set():
        if _attempt(name, step) == 0:
            stop.wait(_PAUSE)


def _attempt(name: str, step: Step) -> int:
    try:
        return step()
    except VigieError as error:
        log.warning("%s: %s", name, error.message)
    except Exception:
        log.exception("%s failed; it will be tried again", name)
    return 0
