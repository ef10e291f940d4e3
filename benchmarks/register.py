"""Verifying a long register: how long it takes, and that its memory does not grow with it.

Beside it, in the same run, the least that anybody could do: read the same rows and take one SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from benchmarks.measure import run
from benchmarks.report import Report
from store.register import Event, canonical, entry_content, leaf_hash
from store.register.sequencing import sequence
from store.register.verifying import verify
from store.settings import Settings
from store.store import open_store, set_up
from store.tables import RegisterEntry

SIZES = (100_000, 1_000_000)
_AT_ONCE = 10_000
_START = datetime(2026, 1, 1, tzinfo=UTC)


def bench(sizes: tuple[int, ...] = SIZES) -> Report:
    rows: list[dict[str, object]] = []
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="vigie-register-"))
        try:
            _signed_register(folder, size)
            rows += [_child("vigie register verify", "verify", folder, size), _child("SHA-256", "plain", folder, size)]
        finally:
            shutil.rmtree(folder)
    return Report("register", rows, _figures(rows), _NOTES)


def _figures(rows: list[dict[str, object]]) -> dict[str, object]:
    ours, plain = rows[::2], rows[1::2]
    cpu = [
        (float(str(one["cpu_seconds"])), float(str(other["cpu_seconds"])))
        for one, other in zip(ours, plain, strict=True)
    ]
    return {
        "peak memory of verifying, MB": {f"{row['entries']:,}": row["peak_mb"] for row in ours},
        "processor time of verifying, as a multiple of SHA-256 over the same rows": [round(a / b, 1) for a, b in cpu],
    }


_NOTES = [
    "SQLite; a checkpoint for each 2,000 entries, as the sequencer makes them of a backlog.",
    "Verifying computes each leaf from its entry, each node, each root, and checks each signature and the triggers.",
    "SHA-256 reads the same columns and hashes them, by the standard library alone.",
    "Start-up of Python, with the same imports for both, is part of every time and of every peak.",
]


def _signed_register(folder: Path, size: int) -> None:
    """Fill a register as the product writes it, many entries at once, and sign it."""
    settings = Settings(data_dir=folder)
    set_up(settings)
    store = open_store(settings)
    for first in range(0, size, _AT_ONCE):
        with store.database.writing() as session:
            session.execute(insert(RegisterEntry), [_entry(n) for n in range(first, min(first + _AT_ONCE, size))])
    sequence(store)
    store.database.close()


def _entry(n: int) -> dict[str, object]:
    at, sealed = _START + timedelta(seconds=n), secrets.token_bytes(200)
    public = canonical({"search": f"s-{n}", "purpose": "watch", "ground": "LPJ 39", "grid": "0.1.0", "sources": 12})
    event, actor = Event.SEARCH_OPENED.value, f"loutre-{n % 40:02}"
    leaf = leaf_hash(entry_content(at, event, actor, public, sealed))
    return {"at": at, "event": event, "actor": actor, "public": public, "sealed": sealed, "leaf": leaf}


def _child(tool: str, what: str, folder: Path, size: int) -> dict[str, object]:
    given = folder / f"{what}.in"
    given.write_text("")
    done = run(tool, ["-m", "benchmarks.register", what, str(folder)], given, 1)
    cpu, peak = (float(one) for one in given.with_suffix(".answers").read_text().split())
    return {"tool": tool, "entries": size, "seconds": done.seconds, "cpu_seconds": cpu, "peak_mb": peak}


def _peak_mb() -> float:
    """Return this process's own peak: what its parent is told of it begins with the parent's, which is larger."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024, 1)


def _verify(folder: Path) -> None:
    said = verify(open_store(Settings(data_dir=folder)))
    if said.findings:
        raise SystemExit(f"not as it was written: {said.findings[0]}")


def _plain(folder: Path) -> None:
    rows = sqlite3.connect(folder / "vigie.db").execute(
        "SELECT at, event, actor, public, sealed FROM register ORDER BY n"
    )
    whole = hashlib.sha256()
    for at, event, actor, public, sealed in rows:
        whole.update(hashlib.sha256(f"{at}{event}{actor}{public}".encode() + sealed).digest())


if __name__ == "__main__":
    _what, _folder = sys.argv[1], Path(sys.argv[2])
    {"verify": _verify, "plain": _plain}[_what](_folder)
    print(round(time.process_time(), 2), _peak_mb())
