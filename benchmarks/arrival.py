"""From publication to the queue under the default schedule: a simulated day of the fictional town.

    python -m benchmarks arrival --hours 24

Posts that people must read appear on the town's sites at random moments. The real worker collects, reads, links and
indexes them, with the default schedule and request delay, over real HTTP, in real processes; only the idle time between
two collections is skipped, by moving the one clock of all processes forward. What is printed is what the page of the
sources shows (`triage_api.sources.arrival`).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.report import Report
from crawlers.sources.approvals import approve
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from fixtures.town.rows import Row, load_rows, posted_at
from fixtures.town.server import Town
from nlp.reader import Reader
from pipeline.loop import run_forever, steps
from pipeline.queueing import must_be_read
from store.clock import system_clock
from store.index import open_index
from store.posts import ASSESS
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Run, Source, Work
from store.work import COLLECT
from triage_api.sources.arrival import arrivals
from triage_api.sources.models import Arrival, Spread

Times = tuple[list[Arrival], dict[str, list[Arrival]]]
SITES = ("board", "feed", "timeline")
_SEED = 20261122
_LOOK = 0.2
_BEFORE = timedelta(seconds=2)
"""What is left of an idle time when the rest of it is skipped."""

_CHILD = """#!{python}
import runpy, sys
from datetime import timedelta
import store.clock
real, moved = store.clock.system_clock, timedelta(seconds=float(open({offset!r}).read()))
store.clock.system_clock = lambda: real() + moved
del sys.argv[1:4]
runpy.run_module("crawlers.child", run_name="__main__", alter_sys=True)
"""
"""Starts the collecting process on the moved clock: it is called as Python is, with ``-P -m crawlers.child``."""


@dataclass
class MovedClock:
    """The real clock, moved forward; collecting processes read how far from a file."""

    file: Path
    moved: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return system_clock() + self.moved

    def forward(self, amount: timedelta) -> None:
        self.moved += amount
        new = self.file.with_suffix(".new")
        new.write_text(str(self.moved.total_seconds()))
        new.replace(self.file)


def bench(arguments: Sequence[str] = ()) -> Report:
    """Simulate a day and tell what the page of the sources showed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks arrival", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="hours that are simulated")
    parser.add_argument("--sites", nargs="+", default=SITES, help="sites of the town that are collected")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        together, each = simulate(Path(folder), asked.hours, asked.sites)
    rows = [_row("all", together[0]), *(_row(source, spans[0]) for source, spans in each.items())]
    figures = {"simulated hours": asked.hours, "seconds": round(time.monotonic() - began), "queued": _line(together[0])}
    return Report("arrival", rows, figures, _NOTES)


_NOTES = [
    "Minutes, the middle and nine of ten: from publication to being taken in, from there to being read, and from",
    "publication to standing in the queue.",
    "Nearly all of it is waiting for the next collection: an hour after the last one ended, as declared by default.",
]


def simulate(folder: Path, hours: float, sites: Sequence[str]) -> Times:
    """Let the worker run for some simulated hours; return the times of all sources together, and of each."""
    settings = Settings(data_dir=folder / "data", allow_loopback=True, database_url="", index_url="")
    set_up(settings)
    clock, reader = MovedClock(folder / "moved"), Reader.load()
    clock.forward(timedelta())
    store = open_store(settings, clock)
    start = clock()
    with Town(now=start) as town, _children(folder, clock), _working(store, reader):
        _publish(town, sites, _to_read(reader, sites), start, hours, clock)
        _declare(store, town, sites)
        _let_pass(store, clock, start + timedelta(hours=hours))
        told = _times(store)
    store.close()
    return told


def _to_read(reader: Reader, sites: Sequence[str]) -> list[Row]:
    rows = [row for row in load_rows() if row["site"] in sites]
    return [row for row in rows if must_be_read(reader.assess(row["text"], row["kind"]))]


def _publish(
    town: Town, sites: Sequence[str], rows: Sequence[Row], start: datetime, hours: float, clock: MovedClock
) -> None:
    """Have posts appear at random moments of the day, on sites that are empty when it begins."""
    chance = random.Random(_SEED)
    moments = [{**row, "hours_ago": -chance.uniform(0, hours - 1)} for row in rows]
    coming = {site: [row for row in moments if row["site"] == site] for site in sites}
    for site in sites:
        town.sites[site].rows = []

    def appear() -> None:
        while not town.closing.is_set():
            now = clock()
            for site, its in coming.items():
                out = [row for row in its if posted_at(row, start) <= now]
                town.sites[site].rows = sorted(out, key=lambda row: (row["hours_ago"], row["id"]))
            time.sleep(_LOOK)

    threading.Thread(target=appear, daemon=True).start()


def _declare(store: Store, town: Town, sites: Sequence[str]) -> None:
    end = store.clock() + timedelta(days=30)
    for site in sites:
        declaration = load_source(town.declaration(site))
        declare(store, declaration)
        facts = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ"}
        approve(store, declaration.id, **facts, approvers=["A. B.", "C. D."], expires_at=end)


def _let_pass(store: Store, clock: MovedClock, end: datetime) -> None:
    """Wait while there is something to do; skip the time in which there is not."""
    told = clock()
    while clock() < end:
        due = _idle_until(store)
        if due is not None and due - clock() > _BEFORE * 2:
            clock.forward(due - clock() - _BEFORE)
        if clock() - told > timedelta(hours=3):
            told = clock()
            print(f"  {end - told} left: {_line(_times(store)[0][0])}", file=sys.stderr, flush=True)
        time.sleep(_LOOK)


def _idle_until(store: Store) -> datetime | None:
    """Return when the next collection is due; None while a worker is at one, or posts wait to be read."""
    with store.database.reading() as session:
        if session.scalar(select(func.count()).select_from(Work).where(Work.kind == ASSESS)):
            return None
        if session.scalar(select(func.count()).select_from(Run).where(Run.finished_at.is_(None))):
            return None
        works = session.scalars(select(Work).where(Work.kind == COLLECT)).all()
        sources = session.scalar(select(func.count()).select_from(Source))
    if len(works) != sources or any(work.owner is not None for work in works):
        return None
    return min((work.due_at for work in works if work.due_at), default=None)


def _times(store: Store) -> Times:
    with store.database.reading() as session:
        together, each = arrivals(session, store.clock())
    return together, dict(each)


def _row(source: str, told: Arrival) -> dict[str, object]:
    parts = {"taken_in": told.ingested, "read": told.assessed, "queued": told.queued}
    times = {f"{name}_min": _minutes(spread) if spread else "-" for name, spread in parts.items()}
    return {"source": source, "posts": told.queued.posts if told.queued else 0, **times}


def _line(told: Arrival) -> str:
    parts = {"queued": told.queued, "to being taken in": told.ingested, "read": told.assessed, "placed": told.placed}
    return "; ".join(f"{name} {_minutes(spread)}" for name, spread in parts.items() if spread)


def _minutes(spread: Spread) -> str:
    return f"{spread.median_s / 60:.1f} min (p90 {spread.p90_s / 60:.1f}, {spread.posts} posts)"


@contextmanager
def _children(folder: Path, clock: MovedClock) -> Iterator[None]:
    """Start collecting processes on the moved clock."""
    script, python = folder / "python", sys.executable
    script.write_text(_CHILD.format(python=python, offset=str(clock.file)), encoding="utf-8")
    script.chmod(0o700)
    sys.executable = str(script)
    try:
        yield
    finally:
        sys.executable = python


@contextmanager
def _working(store: Store, reader: Reader) -> Iterator[None]:
    index, stop = open_index(store.settings), threading.Event()
    index.set_up()
    todo = steps(store, reader, index, ("collect", "assess", "link", "index"), stop)
    worker = threading.Thread(target=run_forever, args=(todo, stop))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()
        index.close()
