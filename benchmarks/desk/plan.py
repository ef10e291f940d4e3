"""`python -m benchmarks desk`: how long the server takes for the desk's pages while a crowd of analysts works."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.desk.analysts import THINKS, Analyst, work
from benchmarks.desk.data import filled
from benchmarks.report import Report
from benchmarks.search.places import DATABASE, ELASTICSEARCH, Place, claim, say
from benchmarks.search.timing import spread

Row = dict[str, object]

ALONE, THINKING, WITHOUT = "alone", "thinking", "without thinking"
BARE = "bare page"
PAGES = (
    *("queue", "queue, next page", "post, label", "post, opened"),
    *("search, form", "search, made", "search, made again", "search, result"),
)
"""What the aim is for."""
AIM_MS = 100
_ALONE_SECONDS = 20
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Crowd:
    """What a run measured: seconds by phase and page, the processor time of each page alone, what the analysts met."""

    twin: str
    taken: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    computed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    met: Counter[str] = field(default_factory=Counter)
    busy: dict[str, float] = field(default_factory=dict)
    """By phase, the share of one core that the server's process used."""

    def take(self, measured: Iterable[tuple[str, float, float]]) -> None:
        """Sort what the server's clock wrote; a page's processor time can be told only while it is alone."""
        for label, seconds, used in measured:
            phase, _, page = label.partition("|")
            self.taken[phase, page].append(seconds * 1000)
            if phase == ALONE:
                self.computed[page].append(used * 1000)

    def rows(self) -> list[Row]:
        """Return a row for each page that was asked for while people were thinking, in milliseconds."""
        pages = sorted({page for phase, page in self.taken if phase == THINKING}, key=_place)
        bare = spread(self.taken[THINKING, BARE])
        return [self._row(page, bare["p95"]) for page in pages]

    def _row(self, page: str, bare: float) -> Row:
        crowd, hurried = spread(self.taken[THINKING, page]), self.taken.get((WITHOUT, page))
        alone = self.computed.get(page)
        return {
            "twin": self.twin,
            "page": page,
            **{name: round(crowd[name], 1) for name in ("p50", "p95", "max")},
            "n": crowd["n"],
            "p95 / bare": round(crowd["p95"] / bare, 1),
            "alone, cpu": round(spread(alone)["p50"], 1) if alone else "",
            "p95, no thinking": round(spread(hurried)["p95"], 1) if hurried else "",
        }

    def over(self) -> dict[str, float]:
        """Return those of the pages whose 95th percentile is above the aim."""
        found = {page: spread(self.taken[THINKING, page])["p95"] for page in PAGES if self.taken.get((THINKING, page))}
        return {page: round(p95, 1) for page, p95 in found.items() if p95 > AIM_MS}


def _place(page: str) -> tuple[int, str]:
    return PAGES.index(page) if page in PAGES else len(PAGES) + (page == BARE), page


def bench(options: Sequence[str] = ()) -> Report:
    """Fill what is missing, let the analysts work on each twin, return what the server's clock saw."""
    given = _options(options)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="vigie-desk-"))
    claim(folder)
    crowds = [_crowd(place, given) for place in _places(folder, given)]
    report = Report("desk", [row for crowd in crowds for row in crowd.rows()], _figures(crowds), _NOTES)
    (folder / "desk.json").write_text(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    return report


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks desk", description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=50_000, help="items that wait; as many more are decided")
    parser.add_argument("--analysts", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=240, help="of work with thinking; without, a quarter of it")
    parser.add_argument("--twin", choices=("embedded", "team", "both"), default="both")
    parser.add_argument("--folder", type=Path, help="where the data is kept and found again; else a temporary one")
    return parser.parse_args(options)


def _places(folder: Path, given: argparse.Namespace) -> Iterator[Place]:
    if given.twin != "team":
        yield Place(folder, given.posts)
    if given.twin != "embedded":
        if DATABASE and ELASTICSEARCH:
            yield Place(folder, given.posts, "postgresql", "elasticsearch")
        else:
            say("no team's twin: VIGIE_TEST_DATABASE_URL and VIGIE_TEST_ELASTICSEARCH_URL name no servers")


def _crowd(place: Place, given: argparse.Namespace) -> Crowd:
    people = json.loads(filled(place, given.items, given.analysts).read_text())
    crowd, result = Crowd(f"{place.database}+{place.engine}"), place.settings.data_dir / "measured.json"
    with _served(place, result) as (address, server):
        named = enumerate(people.items())
        analysts = [Analyst(address, name, password, number) for number, (name, password) in named]
        for analyst in analysts:
            analyst.log_in()
        work(analysts[:1], "warming up", (0, 0), _ALONE_SECONDS / 4)
        for phase, some, pause, seconds in (
            (ALONE, analysts[:1], (0.0, 0.0), _ALONE_SECONDS),
            (THINKING, analysts, THINKS, given.seconds),
            (WITHOUT, analysts, (0.0, 0.0), given.seconds / 4),
        ):
            used, began = _cpu(server.pid), time.monotonic()
            rounds = work(some, phase, pause, seconds)
            crowd.busy[phase] = round((_cpu(server.pid) - used) / (time.monotonic() - began), 2)
            say(f"{crowd.twin}, {phase}: {rounds} rounds, load {os.getloadavg()[0]:.1f}")
        crowd.met.update(sum((analyst.met for analyst in analysts), Counter()))
    crowd.take(json.loads(result.read_text()))
    return crowd


@contextmanager
def _served(place: Place, result: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start the server in a process of its own and stop it; then its clock has written the result."""
    result.unlink(missing_ok=True)
    given = map(str, (result, place.work, place.posts, place.database, place.engine))
    command = [sys.executable, "-m", "benchmarks.desk.served", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().strip() if server.stdout else ""
            if not address:
                raise SystemExit("The server did not start.")
            yield address, server
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _cpu(pid: int) -> float:
    """Return the processor seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _figures(crowds: Iterable[Crowd]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for crowd in crowds:
        above = crowd.over()
        figures[f"{crowd.twin}: queue, post and search pages with a p95 above {AIM_MS} ms"] = above or "none"
        figures[f"{crowd.twin}: share of a core that the server used"] = crowd.busy
        figures[f"{crowd.twin}: what the analysts met"] = dict(crowd.met)
    return figures


_NOTES = [
    "Milliseconds in the server, from a request's coming to its last byte; waiting for threads and locks is in it.",
    f"Each analyst thinks {THINKS[0]:.0f} to {THINKS[1]:.0f} s between two steps: anybody who reads takes longer.",
    "alone, cpu: median processor time of the whole server for the page, one analyst working, nobody else.",
    "bare page: FastAPI and Jinja, one SELECT of 50 rows by an index, no log-in; asked by the same analysts in turn.",
    "claim, decide, opening a post and making a search write, each on disk before it is answered.",
    "No unattended step runs in the server. Decided items stay decided: each run finds some fewer waiting.",
]
