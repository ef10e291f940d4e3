"""Corpora of growing populations: time per post and memory of the worker that measures, makes and proves one.

Of each size one corpus is made without a stop, and another whose worker is killed (SIGKILL) while it gathers and again
while it makes: the rows of both must be the same to the byte. Every worker is a process of its own, `vigie export run`.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import delete, insert

from benchmarks.report import Report
from nlp.cities import regions
from pipeline.exports.package.writing import digest_of
from store.exports import Scope, ask_worker, export_folder, study_key
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import AssessmentRow, Export, Post, Source, Study, User, Work

SIZES = (10_000, 100_000, 1_000_000)
_AT_ONCE = 5_000
_DAYS = 400
_FLAGGED = (["minor"], ["recruitment"], ["distress"], ["minor", "recruitment"], ["minor", "distress"], ["third_party"])
_CRITERIA = ([], ["M01"], ["R01"], ["R01", "R02"], ["D01"], ["M01", "D01"])
_NOTES = [
    "SQLite, one worker, wall-clock time. A sixth of the posts are ads of adults alone, which stand in no corpus.",
    "Memory is the worker's peak (ru_maxrss). To measure gathers and generalises; to make writes and proves.",
]


def bench(options: Sequence[str] = ()) -> Report:
    """Make corpora of stores of each size; return what each took, and how that grows."""
    parser = argparse.ArgumentParser(prog="benchmarks exports")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="how many posts, ascending")
    sizes = parser.parse_args(options).sizes
    rows = [row for size in sizes for row in _of(size)]
    return Report("exports", rows, _figures(rows), _NOTES)


def _of(size: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="vigie-exports-") as name:
        settings = Settings(data_dir=Path(name))
        set_up(settings)
        with closing(open_store(settings)) as store:
            _fill(store, size)
            plain, killed = _made(store, "x-plain", _whole), _made(store, "x-killed", _killed)
            same = _digests(settings, "x-plain") == _digests(settings, "x-killed")
        row = {"posts": size, **plain, "s, killed twice": killed["s"], "same rows after kills": same}
        row |= {"ms a post": round(1000 * float(str(plain["s"])) / size, 3)}
        print(row, file=sys.stderr, flush=True)
        yield row


def _made(store: Store, identity: str, work: Callable[[Store], tuple[float, float]]) -> dict[str, object]:
    """Have a corpus measured, approve it and have it made; return seconds and peak memory in MB."""
    _ask(store, identity)
    measured, first = work(store)
    with store.database.writing() as session:
        row = session.get_one(Export, identity)
        if row.status != "previewed":
            raise SystemExit(f"{identity} is {row.status}: {row.error}")
        row.status = "approved"
        ask_worker(session, identity, store.clock())
    made, second = work(store)
    with store.database.reading() as session:
        row = session.get_one(Export, identity)
    if row.status != "ready":
        raise SystemExit(f"{identity} is {row.status}: {row.error} {row.report}")
    told = {"rows": row.counts["posts"], "s": round(measured + made, 1)}
    return told | {"s to measure": round(measured, 1), "s to make": round(made, 1), "MB": round(max(first, second))}


def _whole(store: Store) -> tuple[float, float]:
    """Let a worker do what waits; return seconds and its peak memory in MB."""
    started = time.perf_counter()
    child = _worker(store)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the worker ended with status {child.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


def _killed(store: Store) -> tuple[float, float]:
    """Kill a worker once it says how far it is, then let another go on; the first one's lease is taken as run out."""
    started = time.perf_counter()
    child = _worker(store)
    while child.poll() is None and not _under_way(store):
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    with store.database.writing() as session:
        session.execute(delete(Work).where(Work.kind == "export"))
        ask_worker(session, "x-killed", store.clock())
    _, peak = _whole(store)
    return time.perf_counter() - started, peak


def _under_way(store: Store) -> bool:
    with store.database.reading() as session:
        return bool(session.get_one(Export, "x-killed").progress)


def _worker(store: Store) -> subprocess.Popen[bytes]:
    told = {**os.environ, "VIGIE_DATA_DIR": str(store.settings.data_dir)}
    return subprocess.Popen([sys.executable, "-m", "vigie", "export", "run"], env=told, stderr=subprocess.DEVNULL)


def _digests(settings: Settings, identity: str) -> dict[str, str]:
    folder = export_folder(settings, identity)
    return {path.name: digest_of(path) for path in folder.iterdir() if path.suffix in (".jsonl", ".csv", ".parquet")}


def _ask(store: Store, identity: str) -> None:
    """Ask for a corpus of the open tier, as the desk does."""
    now = store.clock()
    store.keys.new(study_key("st-1"))
    with store.database.writing() as session:
        if session.get(Study, "st-1") is None:
            session.add(User(id="u-1", name="banc", pseudonym="banc-01", password="x", roles=[], created_at=now))
            session.flush()
            study = Study(id="st-1", user_id="u-1", purpose="Mesurer.", people=["u-1"], codebook={}, created_at=now)
            study.ends_at = now + timedelta(days=_DAYS)
            session.add(study)
            session.flush()
        row = Export(id=identity, study_id="st-1", user_id="u-1", tier="open", purpose="Mesurer.", status="asked")
        row.scope, row.created_at = Scope().model_dump(mode="json"), now
        row.progress, row.preview, row.counts, row.report = {}, {}, {}, {}
        session.add(row)
        ask_worker(session, identity, now)


def _fill(store: Store, size: int) -> None:
    """Put posts that were read into a store, each by somebody else, over a year and more."""
    dice, now = Random(2026), store.clock()
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="forum", declaration={}, digest="d", created_at=now))
    for start in range(0, size, _AT_ONCE):
        posts = [_post(dice, number, now) for number in range(start, min(size, start + _AT_ONCE))]
        with store.database.writing() as session:
            session.execute(insert(Post), posts)
            session.execute(insert(AssessmentRow), [_read(dice, str(post["id"]), now) for post in posts])


def _post(dice: Random, number: int, now: datetime) -> dict[str, Any]:
    posted = now - timedelta(days=dice.randrange(_DAYS))
    told = {"kind": dice.choice(("post", "ad")), "text": f"Texte {number}.", "author": f"a{number}"}
    told |= {"region": dice.choice(regions()), "posted_at": posted, "ingested_at": now, "digest": f"{number:064}"}
    told |= {"id": f"p-{number:07}", "source_id": "s", "external_id": str(number), "origin": "collect"}
    return told | {"same_text": f"{number:032}", "version": 1, "status": "live", "provenance": {}}


def _read(dice: Random, post: str, now: datetime) -> dict[str, Any]:
    entities = {"phones": [], "emails": [], "handles": [], "cities": []}
    told = {"post_id": post, "version": 1, "grid": "1", "model": "1", "urgency": "soon", "score": 0.9}
    told |= {"lang": dice.choices(("fr", "en", "mixed"), (6, 3, 1))[0], "flagged": dice.choice(_FLAGGED)}
    return told | {"criteria": dice.choice(_CRITERIA), "body": {"entities": entities}, "created_at": now}


def _figures(rows: Sequence[dict[str, object]]) -> dict[str, object]:
    first, last = rows[0], rows[-1]
    growth = {name: float(str(last[name])) / float(str(first[name])) for name in ("ms a post", "MB")}
    return {
        f"{name} at {last['posts']:,} as a multiple of that at {first['posts']:,}": round(times, 2)
        for name, times in growth.items()
    }
