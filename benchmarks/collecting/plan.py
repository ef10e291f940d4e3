"""`python -m benchmarks collecting`: Vigie's whole collection beside a bare Scrapy spider that keeps nothing.

Both read the same generated board on loopback, by turns, over several rounds, with no delay. The board takes the time,
from the first page that is asked of it to the last, so that starting counts for neither.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from benchmarks.collecting.site import Shape
from benchmarks.collecting.unkept import MINUTES, declaration, settings
from benchmarks.report import Report
from crawlers.run import collect
from crawlers.sources.approvals import approve
from crawlers.sources.register import declare
from store.store import Store, open_store, set_up

OURS, BARE, BARE_16, UNKEPT = "vigie collect", "bare scrapy", "bare scrapy, 16 at once", "vigie, keeping nothing"
_PEERS = {BARE: ("bare", "1"), BARE_16: ("bare", "16"), UNKEPT: ("unkept",)}
_CHAINS = 20
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Run:
    """One crawl: seconds between first and last page, processor seconds of its process, start-up included."""

    tool: str
    shape: Shape
    seconds: float
    cpu_seconds: float
    peak_mb: float
    load: float

    @property
    def rate(self) -> float:
        """Return pages a second."""
        return (self.shape.pages - 1) / max(self.seconds, 1e-9)

    def as_row(self) -> dict[str, object]:
        return {
            "tool": self.tool,
            "pages": self.shape.pages,
            "posts": self.shape.kept(),
            "seconds": round(self.seconds, 2),
            "pages_per_second": round(self.rate, 1),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "peak_mb": round(self.peak_mb, 1),
            "load": self.load,
        }


def bench(arguments: Sequence[str] = ()) -> Report:
    """Crawl by turns for the ratio, then more and more pages for the memory."""
    given = _options(arguments)
    if given.work:
        given.work.mkdir(parents=True, exist_ok=True)
    speed = [_shape(given.pages, posts) for posts in given.posts]
    long = [_shape(pages, 1, given.memory_every) for pages in sorted(given.memory)]
    with _site() as base:
        bench = Bench(base, given.work)
        begun = {shape: bench.round(_shape(_CHAINS, shape.posts), 0) for shape in speed}
        timed = {shape: [bench.round(shape, turn) for turn in range(given.rounds)] for shape in speed}
        held = [[bench.run(tool, shape) for tool in (OURS, BARE)] for shape in long]
    figures: dict[str, object] = {
        f"{shape.posts} posts a page": _ratios(rounds, begun[shape]) for shape, rounds in timed.items()
    }
    figures |= {"peak memory, MB": _growth(held)} if held else {}
    every = [one for rounds in timed.values() for done in rounds for one in done.values()]
    return Report(
        "collecting", [one.as_row() for one in (*every, *(one for pair in held for one in pair))], figures, _NOTES
    )


_NOTES = [
    "Vigie's collection is the whole of it: approval asked for before each request, robots.txt, gate, pace, parsing;",
    "per page one transaction of SQLite with its posts, work, marks and register entry, and one WARC file a post, all",
    "written through to the disk.",
    "The bare spider reads the same fields by the same selectors and keeps nothing; both ask one page at a time.",
    "keeping nothing: Vigie's policy and collector without the store; from it to a collection it is the intake.",
    "Ratios are of runs of one round, the middle of all rounds with the least and the most; every post is new.",
    "By computing time: processor seconds of the process, without those of starting it; no waiting for the disk.",
    "A machine that does other work slows down what writes to the disk more than what does not: see load.",
]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks collecting", description=__doc__)
    parser.add_argument("--pages", type=int, default=2_000, help="pages of each timed crawl")
    parser.add_argument("--posts", type=int, nargs="+", default=[0, 1, 10], help="posts on a page, one series for each")
    parser.add_argument("--rounds", type=int, default=3, help="times that each tool crawls, by turns")
    parser.add_argument(
        "--memory", type=int, nargs="*", default=[10_000, 100_000], help="pages for the memory; none: skip"
    )
    parser.add_argument("--memory-every", type=int, default=1, help="for the memory, only each n-th page has a post")
    parser.add_argument("--work", type=Path, help="where stores are made, and deleted after")
    return parser.parse_args(arguments)


def _shape(pages: int, posts: int, every: int = 1) -> Shape:
    if pages % _CHAINS or not 0 < pages <= 100_000:
        raise SystemExit(f"Pages are a multiple of {_CHAINS}, at most 100,000: what a declaration allows.")
    return Shape(_CHAINS, pages // _CHAINS, posts, every)


@dataclass(frozen=True)
class Bench:
    """The board's address and where stores are made."""

    base: str
    work: Path | None

    def round(self, shape: Shape, turn: int) -> dict[str, Run]:
        """Run each tool once, in turning order."""
        tools, first = (OURS, BARE, UNKEPT, BARE_16), turn % 4
        return {tool: self.run(tool, shape) for tool in (*tools[first:], *tools[:first])}

    def run(self, tool: str, shape: Shape) -> Run:
        """Crawl the board once; it says how many pages it was asked for, and for how long."""
        _ask(f"{self.base}/told")
        load, before = round(os.getloadavg()[0], 1), _cpu()
        posts, peak = self._collected(shape) if tool == OURS else self._crawled(_PEERS[tool], shape)
        told = json.loads(_ask(f"{self.base}/told"))
        if (told["pages"], posts) != (shape.pages, shape.kept()):
            raise SystemExit(f"{tool} asked for {told['pages']} pages and read {posts} posts of {shape}")
        done = Run(tool, shape, told["last"] - told["first"], _cpu() - before, peak / _MEGABYTE, load)
        print(f"{tool}: {shape.pages:,} pages, {done.rate:.1f} a second", file=sys.stderr)
        return done

    def _crawled(self, peer: tuple[str, ...], shape: Shape) -> tuple[int, int]:
        module, *options = peer
        command = [sys.executable, "-m", f"benchmarks.collecting.{module}", *options, *shape.starts(self.base)]
        told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
        return told["posts"], told["peak_bytes"]

    def _collected(self, shape: Shape) -> tuple[int, int]:
        with TemporaryDirectory(prefix="vigie-collecting-", dir=self.work) as folder, _store(Path(folder)) as store:
            declare(store, declaration(shape.starts(self.base), shape.pages))
            until = store.clock() + timedelta(minutes=3 * MINUTES)
            leave = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ"}
            approve(store, "banc", approvers=["A. B.", "C. D."], expires_at=until, **leave)
            done = collect(store, "banc")
        if done.status != "done" or done.errors or done.dropped:
            raise SystemExit(f"The collection is not whole: {done}")
        return done.new, done.peak_bytes


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    chosen = settings(data_dir=folder)
    set_up(chosen)
    store = open_store(chosen)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _site() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.collecting.site"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield f"http://127.0.0.1:{child.stdout.readline().strip() if child.stdout else ''}"
        finally:
            child.kill()


def _ask(url: str) -> bytes:
    with urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


def _cpu() -> float:
    """Return the processor seconds of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ratios(rounds: list[dict[str, Run]], begun: dict[str, Run]) -> dict[str, str]:
    told = {
        f"{OURS} over {peer}, pages a second": _spread([done[OURS].rate / done[peer].rate for done in rounds])
        for peer in _PEERS
    }
    told["by computing time, over bare scrapy"] = _spread(
        [_computed(done[BARE], begun[BARE]) / _computed(done[OURS], begun[OURS]) for done in rounds]
    )
    told[f"{UNKEPT} over bare scrapy, pages a second"] = _spread(
        [done[UNKEPT].rate / done[BARE].rate for done in rounds]
    )
    return told


def _computed(done: Run, begun: Run) -> float:
    """Return the processor seconds of a crawl without those of one of a page a chain: what starting costs."""
    return max(done.cpu_seconds - begun.cpu_seconds, 1e-9)


def _spread(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _growth(held: list[list[Run]]) -> dict[str, object]:
    """Return each tool's peaks, and how many times the first is the last."""
    return {
        runs[0].tool: {f"{one.shape.pages:,} pages": round(one.peak_mb, 1) for one in runs}
        | {"last over first": round(runs[-1].peak_mb / runs[0].peak_mb, 2)}
        for runs in map(list, zip(*held, strict=True))
    }
