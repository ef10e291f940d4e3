"""A collection in a forked process: the same walk, policy and store as `crawlers.child`, without the start-up."""

from __future__ import annotations

import json
import os
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

from scrapy.crawler import CrawlerProcess

from crawlers.collector import Collector
from crawlers.keeping import StoreKeeper
from crawlers.kinds import COLLECTORS
from crawlers.policy.settings import scrapy_settings
from crawlers.policy.visit import Visit
from crawlers.sources.declaration import SourceDeclaration
from store.settings import Settings
from store.store import open_store


def begun(settings: Settings, declaration: SourceDeclaration, kind: type[Collector] | None = None) -> tuple[int, int]:
    """Begin a collection in a process group of its own; return its process id and where its tally will be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.setsid()
        warnings.simplefilter("ignore")  # as in `crawlers.child`, where they are no errors
        store = open_store(settings)
        visit = Visit(declaration, lambda: None)
        process = CrawlerProcess(scrapy_settings(settings, declaration), install_root_handler=False)
        told = {"declaration": declaration, "visit": visit, "keep": StoreKeeper(store, declaration)}
        process.crawl(kind or COLLECTORS[declaration.kind], clock=store.clock, **told)
        process.start()
        final = visit.tally.as_dict() | {"stopped": visit.stopped, "notes": visit.notes}
        os.write(writing, json.dumps(final).encode())
        store.close()
    finally:
        os._exit(0)


def collected(
    settings: Settings, declaration: SourceDeclaration, kind: type[Collector] | None = None
) -> SimpleNamespace:
    """Collect to the end and return the tally, with why it stopped."""
    child, reading = begun(settings, declaration, kind)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    assert told, "the collection broke"
    return SimpleNamespace(**json.loads(told))


def killed(
    settings: Settings,
    declaration: SourceDeclaration,
    when: Callable[[], bool],
    kind: type[Collector] | None = None,
    seconds: float = 30.0,
) -> bool:
    """Begin a collection and kill -9 it as soon as `when` says so; tell whether it was still at work."""
    child, reading = begun(settings, declaration, kind)
    deadline = time.monotonic() + seconds
    while not when() and time.monotonic() < deadline:
        time.sleep(0.005)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(reading)
    return os.WIFSIGNALED(status)
