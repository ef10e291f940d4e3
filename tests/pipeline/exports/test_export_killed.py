"""A worker that is killed at any moment: the corpus comes out as if nothing had happened, nothing half looks whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from random import Random

import pytest
from many_posts import approve, ask, files_of, fill, row_of

from pipeline.exports.package.proving import prove
from pipeline.exports.running import export_batch
from store.exports import export_folder
from store.settings import Settings
from store.store import Store, open_store, set_up

KILLS = 10
_MOST_SECONDS = 120


def run(settings: Settings) -> subprocess.Popen[bytes]:
    chosen = {"VIGIE_DATA_DIR": str(settings.data_dir), "VIGIE_LEASE_SECONDS": "1"}
    return subprocess.Popen([sys.executable, "-m", "vigie", "export", "run"], env=os.environ | chosen)


def killed_until(store: Store, identity: str, wanted: str, chance: Random, kills: int) -> int:
    """Start the worker again and again, killing it at random; return how often it died. Then it is let go on."""
    died, until = 0, time.monotonic() + _MOST_SECONDS
    while row_of(store, identity).status != wanted and time.monotonic() < until:
        worker = run(store.settings)
        try:
            worker.wait(chance.uniform(1.0, 6.0) if died < kills else _MOST_SECONDS)
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            died += 1
        folder = export_folder(store.settings, identity)
        assert not folder.exists() or prove(folder).passed, "a folder that is there is whole"
        time.sleep(1.1)  # the lease of the one that died is over
    return died


def made(store: Store, identity: str) -> dict[str, bytes]:
    """Make a corpus without a kill; return its files."""
    ask(store, identity=identity)
    while export_batch(store, "w"):
        pass
    approve(store, identity)
    while export_batch(store, "w"):
        pass
    return files_of(store, identity)


@pytest.mark.slow
def test_a_worker_killed_at_random_makes_the_same_rows(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", lease_seconds=1)
    set_up(settings)
    store = open_store(settings)
    fill(store, 12_000)
    wanted = made(store, "x-whole")
    chance = Random(9)
    ask(store, identity="x-killed")
    died = killed_until(store, "x-killed", "previewed", chance, KILLS // 2)
    approve(store, "x-killed")
    died += killed_until(store, "x-killed", "ready", chance, KILLS)
    found = files_of(store, "x-killed")
    assert died >= KILLS // 2, "it was too quick to be killed"
    for name in ("posts.jsonl", "counts.jsonl", "posts.csv"):
        assert found[name] == wanted[name], name
    left = sorted(path.name for path in export_folder(settings, "x").parent.iterdir())
    assert left == ["x-killed", "x-whole"], "nothing half is left beside them"
    store.close()
