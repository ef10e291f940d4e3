"""`vigie text assess` beside presidio-analyzer on the same posts: posts a second, memory at 1,000 and 10,000 posts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Run, run, steady_rate
from benchmarks.posts import write_posts
from benchmarks.presidio import SAID
from benchmarks.report import Report

SMALL, LARGE = 1_000, 10_000
PEER_SMALL, PEER_LARGE = 100, 1_000
"""The peer reads the first posts only: it is slower, and its pace does not change with more of the same."""
VIGIE = ["-m", "vigie", "text", "assess"]
PEER = ["-m", "benchmarks.presidio"]


def bench() -> Report:
    with TemporaryDirectory() as folder:
        ours = [_run("vigie text assess", VIGIE, folder, count) for count in (SMALL, LARGE)]
        theirs = [_run("presidio-analyzer fr+en", PEER, folder, count) for count in (PEER_SMALL, PEER_LARGE)]
    rates = {runs[0].tool: steady_rate(*runs) for runs in (ours, theirs)}
    growth = round(ours[1].peak_mb / ours[0].peak_mb, 3)
    return Report(
        "assess",
        [one.as_dict() for one in (*ours, *theirs)],
        {
            "steady_posts_per_second": rates,
            "ratio_to_peer": round(rates[ours[0].tool] / rates[theirs[0].tool], 2),
            "memory_at_10000_over_memory_at_1000": growth,
        },
        [
            f"Posts of mixed length from the shipped corpora; the peer reads the first {PEER_LARGE:,}.",
            "Seconds include start-up; the steady rate is taken between a tool's two runs, without it.",
            SAID,
        ],
    )


def _run(tool: str, command: list[str], folder: str, count: int) -> Run:
    return run(tool, command, write_posts(Path(folder) / f"{count}.jsonl", count), count)
