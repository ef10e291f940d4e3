"""Collect every approved source when its schedule says so."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from threading import Event

from sqlalchemy import select

from crawlers.run import RunReport, collect
from crawlers.sources import COLLECTED, SourceDeclaration
from store.errors import VigieError
from store.store import Store
from store.tables import Source, Work
from store.work import add_work, finish_work, postpone_work, take_work

log = logging.getLogger(__name__)

COLLECT = "collect"
_LEASE = timedelta(hours=2)
"""Longer than any collection may take; a worker that dies gives its source back after it."""


def schedule(store: Store) -> None:
    """Make every source that can be collected due once; those that are scheduled already keep their time."""
    with store.database.writing() as session:
        known = set(session.scalars(select(Work.key).where(Work.kind == COLLECT)))
        sources = set(session.scalars(select(Source.id).where(Source.kind.in_(COLLECTED))))
        for source in sorted(sources - known):
            add_work(session, COLLECT, source, store.clock())
        finish_work(session, COLLECT, sorted(known - sources))


def collect_due(store: Store, owner: str, stop: Event | None = None) -> Iterable[RunReport]:
    """Collect each source that is due, one after the other, and set its next time; a refused one is reported failed.

    Setting `stop` ends it within a second; the source it was at is due again at once.
    """
    stop = stop or Event()
    schedule(store)
    while not stop.is_set():
        with store.database.writing() as session:
            taken = take_work(session, COLLECT, owner, now=store.clock(), lease=_LEASE, limit=1)
            source = session.get(Source, taken[0]) if taken else None
        if source is None:
            return
        every = timedelta(minutes=SourceDeclaration.model_validate(source.declaration).every_minutes)
        report = _collect(store, source.id, stop)
        due = store.clock() + (timedelta() if stop.is_set() else every)
        problem = report.message if report.status == "failed" else ""
        with store.database.writing() as session:
            postpone_work(session, COLLECT, source.id, due, problem)
        yield report


def _collect(store: Store, source_id: str, stop: Event) -> RunReport:
    try:
        return collect(store, source_id, stop=stop)
    except VigieError as error:
        log.warning("%s: %s", source_id, error.message)
        return RunReport(source_id, None, "failed", error.message)
