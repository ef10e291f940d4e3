"""Assess workers that share one PostgreSQL: what two bring over one on this machine, and the database's share of it."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import insert, make_url

from benchmarks.report import Report
from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.loop import worker_name
from scripts.services import PostgreSQL
from store.posts import ASSESS, post_id, same_text
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Post, Source, Work
from store.work import count_work

POSTS = int(os.environ.get("VIGIE_BENCH_WORKER_POSTS", "4000"))
_CORPORA = Path(__file__).parents[1] / "fixtures" / "corpora"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Shared:
    """How long some workers took for the posts, and how much of the processors PostgreSQL used meanwhile."""

    workers: int
    seconds: float
    database_seconds: float

    def as_row(self) -> dict[str, object]:
        return {
            "workers": self.workers,
            "posts": POSTS,
            "seconds": round(self.seconds, 1),
            "posts_per_second": round(POSTS / self.seconds, 1),
            "database_cpu_seconds": round(self.database_seconds, 1),
        }


def bench() -> Report:
    """Read the same posts with one, two and four workers, each time on a new database of the same server."""
    reader = Reader.load()
    with TemporaryDirectory() as folder, PostgreSQL.start(Path(folder) / "server", durable=True) as server:
        runs = [_run(server, Path(folder) / str(workers), reader, workers) for workers in (1, 2, 4)]
    one, two, four = runs
    share = two.database_seconds / (two.seconds * (os.cpu_count() or 1))
    figures: dict[str, object] = {
        "two workers against one": round(one.seconds / two.seconds, 2),
        "four workers against one": round(one.seconds / four.seconds, 2),
        "the database's share of all cores with two workers": f"{share:.0%}",
    }
    notes = ["Wall-clock time from fork to the last post; fsync is on; texts are the corpora's, numbered to differ."]
    return Report("workers", [run.as_row() for run in runs], figures, notes)


def _run(server: PostgreSQL, folder: Path, reader: Reader, workers: int) -> Shared:
    settings = Settings(data_dir=folder, database_url=_database(server))
    _fill(settings)
    before, began = _used(server), time.perf_counter()
    children = [_started(settings, reader) for _ in range(workers)]
    for child in children:
        if os.waitpid(child, 0)[1]:
            raise SystemExit("a worker failed")
    return Shared(workers, time.perf_counter() - began, _used(server) - before)


def _database(server: PostgreSQL) -> str:
    name, url = f"bench_{uuid.uuid4().hex[:12]}", make_url(server.url)
    with psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as one:
        one.execute(f'CREATE DATABASE "{name}"')
    return url.set(database=name).render_as_string(hide_password=False)


def _fill(settings: Settings) -> None:
    set_up(settings)
    store = open_store(settings)
    said = [
        json.loads(line)["text"] for path in sorted(_CORPORA.glob("w*.jsonl")) for line in path.read_text().splitlines()
    ]
    now = store.clock()
    common = {"source_id": "s", "origin": "import", "kind": "post", "ingested_at": now, "provenance": {}}
    texts = [f"{said[number % len(said)]} · {number}" for number in range(POSTS)]
    rows = [
        {**common, "id": post_id("s", str(n)), "external_id": str(n), "text": text, "digest": str(n)}
        | {"same_text": same_text(text)}
        for n, text in enumerate(texts)
    ]
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=now))
        session.flush()
        session.execute(insert(Post), rows)
        session.execute(insert(Work), [{"kind": ASSESS, "key": row["id"], "due_at": now} for row in rows])
    store.database.close()


def _started(settings: Settings, reader: Reader) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store, owner = open_store(settings), worker_name()
            while assess_batch(store, reader, owner) or _waits(store):
                pass
            status = 0
        finally:
            os._exit(status)
    return child


def _waits(store: Store) -> bool:
    with store.database.reading() as session:
        return count_work(session, ASSESS) > 0


def _used(server: PostgreSQL) -> float:
    """Return the processor seconds of the server and all its processes, those that have ended too."""
    postmaster = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    seconds = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == postmaster:
            seconds += sum(int(fields[n]) for n in (11, 12, 13, 14)) / _TICK
        elif int(fields[1]) == postmaster:
            seconds += sum(int(fields[n]) for n in (11, 12)) / _TICK
    return seconds
