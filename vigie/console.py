"""What the command line tells: progress on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_PLAIN_EVERY = 1000
"""Steps between two plain lines where there is no terminal."""


class Tick(Protocol):
    """Called with how much is done so far."""

    def __call__(self, done: int) -> None:
        """Show that `done` steps are done."""


class Console:
    """Standard output for results, standard error for what goes on."""

    def __init__(self) -> None:
        self._rich = RichConsole(stderr=True, highlight=False)

    def say(self, line: str = "") -> None:
        """Print one line of a result."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def tell(self, line: str) -> None:
        """Say on standard error what goes on."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Tick]:
        """Show long work: a bar on a terminal, a line now and then elsewhere."""
        if not self._rich.is_terminal:
            yield lambda done: self.tell(f"{what}: {done}") if done and done % _PLAIN_EVERY == 0 else None
            return
        with self._bar() as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)

    @contextmanager
    def steps(self) -> Iterator[Callable[[str, int, int], None]]:
        """Show long work of several steps, each with its own length: one bar on a terminal, a line a step elsewhere."""
        if not self._rich.is_terminal:
            said: list[str] = []

            def line(step: str, _: int, of: int) -> None:
                if said[-1:] != [step]:
                    said.append(step)
                    self.tell(f"{step} ({of})" if of > 1 else step)

            yield line
            return
        with self._bar() as bar:
            task = bar.add_task("", total=None)
            yield lambda step, done, of: bar.update(task, description=step, completed=done, total=of)

    def _bar(self) -> Progress:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self._rich, transient=True)
