"""Collect every approved source when its schedule says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from threading import Event

from sqlalchemy import select

from crawlers.run import RunReport, collect
from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import COLLECTED
from store.errors import Conflict, VigieError
from store.store import Store
from store.tables import Source, Work
from store.work import COLLECT, add_work_once, finish_work, held_work, postpone_work, renew_work, take_one, take_work

log = logging.getLogger(__name__)

_LEASE = timedelta(minutes=15)
"""Longer than a collection is ever silent; a worker that dies gives its source back after it."""
_RENEW_AFTER = timedelta(minutes=1)


def schedule(store: Store) -> None:
    """Make every source that can be collected due once; those that are scheduled already keep their time."""
    with store.database.writing() as session:
        known = set(session.scalars(select(Work.key).where(Work.kind == COLLECT)))
        sources = set(session.scalars(select(Source.id).where(Source.kind.in_(COLLECTED))))
        add_work_once(session, COLLECT, sources - known, store.clock())
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
        if not taken:
            return
        try:
            report = _leased(store, taken[0], owner, stop)
        except VigieError as error:
            log.warning("%s: %s", taken[0], error.message)
            report = RunReport(taken[0], None, "failed", error.message)
        _give_back(store, report, owner, at_once=stop.is_set())
        yield report


def collect_now(store: Store, source_id: str, owner: str, progress: Callable[[int], None]) -> RunReport:
    """Collect one source whether it is due or not; `Conflict` if a worker is at it."""
    with store.database.writing() as session:
        if session.get(Source, source_id) is not None:
            add_work_once(session, COLLECT, [source_id], store.clock())
            if not take_one(session, COLLECT, source_id, owner, now=store.clock(), lease=_LEASE):
                raise Conflict(f"{source_id} is being collected by another worker: wait for it.", code="collecting")
    report = RunReport(source_id, None, "failed")
    try:
        report = _leased(store, source_id, owner, Event(), progress)
    finally:
        _give_back(store, report, owner)
    return report


def _leased(
    store: Store, source_id: str, owner: str, stop: Event, progress: Callable[[int], None] = lambda _: None
) -> RunReport:
    """Collect a source whose lease we hold, renewing it; `Conflict` ends the collection if it was lost."""
    renewed = store.clock()

    def tell(pages: int) -> None:
        nonlocal renewed
        progress(pages)
        if store.clock() - renewed > _RENEW_AFTER:
            renewed = store.clock()
            with store.database.writing() as session:
                held = renew_work(session, COLLECT, source_id, owner, renewed + _LEASE)
            if not held:
                raise Conflict("Another worker took this source over; this collection ends.", code="lease_lost")

    return collect(store, source_id, tell, stop)


def _give_back(store: Store, report: RunReport, owner: str, *, at_once: bool = False) -> None:
    """Set when a source is collected next: by its schedule, or at once if its collection was stopped."""
    with store.database.writing() as session:
        source = session.get(Source, report.source_id)
        if source is None or not held_work(session, COLLECT, owner, [source.id]):
            return
        every = timedelta(minutes=SourceDeclaration.model_validate(source.declaration).every_minutes)
        due = store.clock() + (timedelta() if at_once else every)
        postpone_work(session, COLLECT, source.id, due, report.message if report.status == "failed" else "")
