"""`vigie text assess` beside the bare classifier and presidio-analyzer on the same posts: posts a second, memory."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Run, run, steady_rate
from benchmarks.posts import write_posts
from benchmarks.presidio import SAID
from benchmarks.report import Report
from vigie.sharing import cores

SMALL, LARGE = 1_000, 10_000
PEER_SMALL, PEER_LARGE = 100, 1_000
"""Presidio reads the first posts only: it is slower, and its pace does not change with more of the same."""
VIGIE = ["-m", "vigie", "text", "assess"]
ALONE = [*VIGIE, "--workers", "1"]
BARE = ["-m", "benchmarks.bare_tfidf"]
PRESIDIO = ["-m", "benchmarks.presidio"]
SAID_OF_BARE = (
    "The bare classifier (scikit-learn's TfidfVectorizer over words and pairs, and over letters in words; a logistic "
    "regression a signal) reads chunks of 256 posts in one process and tells four probabilities, without words that "
    "caused them."
)
TOOLS = {
    "vigie text assess": (VIGIE, (SMALL, LARGE)),
    "vigie text assess, one process": (ALONE, (SMALL, LARGE)),
    "bare TF-IDF classifier": (BARE, (SMALL, LARGE)),
    "presidio-analyzer fr+en": (PRESIDIO, (PEER_SMALL, PEER_LARGE)),
}


def bench() -> Report:
    with TemporaryDirectory() as folder:
        runs = {
            tool: [_run(tool, command, folder, count) for count in counts] for tool, (command, counts) in TOOLS.items()
        }
    rates = {tool: steady_rate(*two) for tool, two in runs.items()}
    ours, alone, bare, presidio = rates.values()
    small, large = runs["vigie text assess, one process"]
    return Report(
        "assess",
        [one.as_dict() for two in runs.values() for one in two],
        {
            "steady_posts_per_second": rates,
            "ratio_to_bare_classifier": round(ours / bare, 2),
            "ratio_to_presidio": round(ours / presidio, 2),
            "one_process_to_bare_classifier": round(alone / bare, 2),
            "one_process_to_presidio": round(alone / presidio, 2),
            "memory_at_10000_over_memory_at_1000": round(large.peak_mb / small.peak_mb, 3),
        },
        [
            f"Posts of mixed length from the shipped corpora; presidio reads the first {PEER_LARGE:,}.",
            "Seconds include start-up; the steady rate is taken between a tool's two runs, without it.",
            f"Vigie reads on {cores()} cores. Memory is of the first process.",
            SAID_OF_BARE,
            SAID,
        ],
    )


def _run(tool: str, command: list[str], folder: str, count: int) -> Run:
    return run(tool, command, write_posts(Path(folder) / f"{count}.jsonl", count), count)
