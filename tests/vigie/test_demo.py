"""`vigie demo --once`, as `make demo ARGS=--once` runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from store.settings import Settings
from store.store import open_store, set_up
from store.tables import Source

LINE = re.compile(r"(immediate|soon|routine) +(\S+) +(\S+) +(\S.*?)  +(\S.*)")


def demo(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vigie", "demo", "--once", "--data", str(folder)]
    variables = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=variables, check=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], ...]:
    folder = tmp_path_factory.mktemp("demo") / "data"
    elsewhere = f"sqlite:///{folder.parent / 'production.db'}"
    return demo(folder), demo(folder, VIGIE_DATABASE_URL=elsewhere, VIGIE_INDEX_URL="https://search.example")


def queue(run: subprocess.CompletedProcess[str]) -> list[tuple[str, ...]]:
    lines = [LINE.fullmatch(line) for line in run.stdout.splitlines()]
    assert all(lines)
    return [line.groups() for line in lines if line]


def test_it_prints_the_queue_with_immediate_first_and_exits_0(runs):
    first, _ = runs
    assert first.returncode == 0, first.stderr
    order = [line[0] for line in queue(first)]
    assert order == sorted(order, key=["immediate", "soon", "routine"].index)
    assert order[0] == "immediate"
    assert len(order) >= 50


def test_most_posts_that_the_town_labels_immediate_stand_among_the_immediate(runs):
    text = "".join(file.read_text("utf-8") for file in (files("fixtures.town") / "posts").iterdir())
    rows = [json.loads(line) for line in text.splitlines()]
    wanted = [" ".join(f"{row['title']} {row['text']}".split())[:60] for row in rows if row["urgency"] == "immediate"]
    shown = {line[4] for line in queue(runs[0]) if line[0] == "immediate"}
    found = [words for words in wanted if words in shown]
    assert len(wanted) >= 15
    assert len(found) / len(wanted) >= 0.75, sorted(set(wanted) - shown)


def test_a_second_run_adds_nothing_and_keeps_to_its_own_folder_whatever_the_environment_names(runs):
    first, second = runs
    assert second.returncode == 0, second.stderr
    assert " 0 new" in second.stderr
    assert not re.search(r" [1-9]\d* new", second.stderr)
    assert "0 posts read" in second.stderr
    assert [line[0:1] + line[2:] for line in queue(second)] == [line[0:1] + line[2:] for line in queue(first)]


def test_it_refuses_a_folder_that_holds_a_real_source(tmp_path):
    settings = Settings(data_dir=tmp_path / "real")
    set_up(settings)
    store = open_store(settings)
    with store.database.writing() as session:
        session.add(Source(id="vrai", title="t", kind="feed", declaration={}, digest="d", created_at=store.clock()))
    store.database.close()
    run = demo(settings.data_dir)
    assert run.returncode == 2
    assert "--data" in run.stderr
    assert run.stdout == ""
