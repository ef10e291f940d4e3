"""`python -m benchmarks search`: what is run, in which order and size; what this code measured is kept."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from benchmarks.search import told
from benchmarks.search.places import DATABASE, ELASTICSEARCH, Place, claim, drop_all, results_folder, say

Json = dict[str, Any]

PHASES = ("search", "ingest", "decide")
_SIZES = [300_000, 1_000_000]
_BYTES_A_POST = 12_000
"""Disk that the largest size needs, the smaller ones and the team's servers included."""


@dataclass(frozen=True)
class Step:
    """One measurement or what it needs, in a process of its own."""

    name: str
    place: Place

    @property
    def key(self) -> str:
        return f"{self.name}-{self.place.name}-{self.place.engine}"


@dataclass(frozen=True)
class Plan:
    """All steps, in order; none twice."""

    work: Path
    sizes: list[int]
    phases: Sequence[str]

    @property
    def small(self) -> int:
        """Return the size that the largest is held against."""
        return self.sizes[-1] // 10

    def steps(self) -> list[Step]:
        return list(dict.fromkeys(self._steps()))

    def _steps(self) -> Iterator[Step]:
        wanted = sorted({self.small, *self.sizes}) if "search" in self.phases else self.sizes
        for size in wanted:
            yield Step("fill", self.embedded(size))
        yield Step("ready", self.embedded(self.sizes[-1]))
        for size in wanted:
            yield from self._embedded(size)
        if DATABASE and ELASTICSEARCH:
            yield from self._team()
            yield from self._crossed()

    def _embedded(self, size: int) -> Iterator[Step]:
        here = self.embedded(size)
        if "ingest" in self.phases:
            yield Step("bare", here)
        yield Step("outbox", here)
        if "search" in self.phases:
            yield Step("search", here)
            if size in self.sizes:
                yield Step("fts5", here)
        if "decide" in self.phases and size == self.sizes[-1]:
            yield Step("decide", here)

    def _team(self) -> Iterator[Step]:
        """Ingest at the smallest size, searches at the largest and a tenth of it, decisions at the largest."""
        if "ingest" in self.phases:
            for name in ("fill", "bare", "outbox"):
                yield Step(name, self.team(self.sizes[0]))
        for size in (self.small, self.sizes[-1]) if "search" in self.phases else (self.sizes[-1],):
            if size != self.sizes[0] or "ingest" not in self.phases:  # else its index is there
                yield Step("bare", self.team(size))
            if "search" in self.phases:
                yield Step("search", self.team(size))
        if "decide" in self.phases:
            yield Step("fill", self.team(self.sizes[-1]))
            yield Step("decide", self.team(self.sizes[-1]))

    def _crossed(self) -> Iterator[Step]:
        """Each engine on the other twin's database, at the small size."""
        if "ingest" in self.phases:
            for engine in ("tantivy", "elasticsearch"):
                here = Place(self.work, self.small, "sqlite" if engine == "elasticsearch" else "postgresql", engine)
                for name in ("fill", "bare", "outbox"):
                    yield Step(name, here)

    def embedded(self, size: int) -> Place:
        return Place(self.work, size)

    def team(self, size: int) -> Place:
        return Place(self.work, size, "postgresql", "elasticsearch")


def bench(arguments: Sequence[str] = ()) -> Report:
    """Run what is asked for and was not measured yet; write `report.json` beside the data."""
    given = _options(arguments)
    plan = Plan(given.work, sorted(given.posts), given.phases.split(","))
    if given.clean:
        drop_all(plan.work, {step.place.name for step in plan.steps()})
        raise SystemExit(f"What this benchmark made in {plan.work}, its databases and indexes are gone.")
    claim(plan.work)
    _say_disk(plan)
    folder = results_folder(plan.work)
    results = [_run(step, folder, again=given.again) for step in plan.steps()]
    report = told.report(plan.sizes, plan.small, results)
    (plan.work / "report.json").write_text(
        json.dumps(report.as_dict() | {"results": results}, ensure_ascii=False, indent=1)
    )
    return report


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks search", description=__doc__)
    parser.add_argument(
        "--posts", type=int, nargs="+", default=_SIZES, help="sizes; the largest is held against a tenth"
    )
    parser.add_argument("--work", type=Path, default=Path("var/bench"), help="where data and results are kept")
    parser.add_argument("--phases", default=",".join(PHASES), help=f"some of {','.join(PHASES)}")
    parser.add_argument("--again", action="store_true", help="measure anew; the databases are used again")
    parser.add_argument("--clean", action="store_true", help="delete all that this benchmark made")
    given = parser.parse_args(arguments)
    if unknown := set(given.phases.split(",")) - set(PHASES):
        parser.error(f"no such phase: {', '.join(sorted(unknown))}")
    if min(given.posts) < 1_000:
        parser.error("a size is 1000 posts at least")
    return given


def _say_disk(plan: Plan) -> None:
    needed, free = plan.sizes[-1] * _BYTES_A_POST / 1e9, shutil.disk_usage(plan.work).free / 1e9
    say(f"about {needed:.1f} GB are needed in {plan.work.resolve()} and with the servers, {free:.0f} GB are free")
    if needed > free:
        raise SystemExit("That is not enough.")
    if not (DATABASE and ELASTICSEARCH):
        say("the embedded twin only: VIGIE_TEST_DATABASE_URL and VIGIE_TEST_ELASTICSEARCH_URL name no servers")


def _run(step: Step, folder: Path, *, again: bool) -> Json:
    """Return what a step measured, now or in an earlier run."""
    folder.mkdir(exist_ok=True)
    result = folder / f"{step.key}.json"
    if again or not result.exists() or step.name in {"fill", "ready"}:
        say(f"{step.key} …")
        started = time.perf_counter()
        place = step.place
        arguments = [step.name, result, place.work, place.posts, place.database, place.engine]
        command = [sys.executable, "-m", "benchmarks.search.steps", *map(str, arguments)]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit(f"{step.key} failed; what was measured before it is kept.")
        say(f"{step.key} took {time.perf_counter() - started:.0f} s")
    return dict(json.loads(result.read_text()))
