"""Running a command over a file of posts: how long it took and how much memory it needed at most."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run: wall-clock seconds from start to end, start-up included, and the child's peak resident memory."""

    tool: str
    posts: int
    seconds: float
    peak_mb: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"posts_per_second": round(self.posts / self.seconds, 1)}


def run(tool: str, command: list[str], posts: Path, count: int) -> Run:
    """Run `python COMMAND < POSTS`; it must answer one line a post. Answers go to a file beside the posts."""
    answers = posts.with_suffix(".answers")
    started = time.perf_counter()
    with posts.open("rb") as given, answers.open("wb") as taken:
        child = subprocess.Popen([sys.executable, *command], stdin=given, stdout=taken)
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    with answers.open("rb") as lines:
        answered = sum(1 for _ in lines)
    if child.returncode or answered != count:
        raise SystemExit(f"{tool} ended with status {child.returncode} and {answered} answers to {count} posts")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(tool, count, round(seconds, 2), round(kilobytes / 1024, 1))


def steady_rate(small: Run, large: Run) -> float:
    """Return posts a second between two runs of one tool, so that what it costs to start counts for nothing."""
    return round((large.posts - small.posts) / max(large.seconds - small.seconds, 1e-9), 1)
