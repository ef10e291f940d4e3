"""Numbered folders of the embedded engine, and which of them is live.

The file `current` names the live generation and `building` the one that is built beside it, each with the schema that
it was made for. Both are replaced in one atomic step, under a lock, and read without it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import IndexUnavailable
from store.index.base import SCHEMA_VERSION
from store.index.failures import no_index, old_index, swapped

_TRIES, _PAUSE = 50, 0.1
"""How often, and how many seconds apart, a folder is dropped that another process still writes to."""


class Generations:
    """The generations in one folder; what any process changes, every other sees at its next call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def live(self) -> str:
        """Return the name of the live generation; `NotSetUp` if there is none or it is of another version."""
        told = self._told("current")
        if told is None:
            raise no_index()
        if told[1] != SCHEMA_VERSION:
            raise old_index()
        return told[0]

    def make_first(self, make: Callable[[Path], None]) -> None:
        """Make the first generation if there is none, and finish what a crash left of dropping old ones."""
        with self._locked():
            if self._told("current") is None:
                first = self._next()
                make(self._made(first))
                self._tell("current", first)
            self._drop_all_but(self._name("current"), self._name("building"))

    def start(self, make: Callable[[Path], None]) -> str:
        """Return the generation that is being built, made empty where there is none that can be gone on with."""
        with self._locked():
            told = self._told("building")
            going_on = told is not None and told[1] == SCHEMA_VERSION and told[0] != self._name("current")
            if told is None or not going_on:
                told = (self._next(), SCHEMA_VERSION)
                self._tell("building", told[0])
            folder = self._made(told[0])
            try:
                make(folder)
            except IndexUnavailable:  # damaged: it is only being built
                shutil.rmtree(folder)
                make(self._made(told[0]))
            self._drop_all_but(self._name("current"), told[0])
            return told[0]

    def go_live(self, name: str) -> None:
        """Make a generation the live one in one atomic step, then drop all others; safe to repeat."""
        with self._locked():
            if name not in (self._name("building"), self._name("current")):
                raise swapped()
            if name != self._name("current"):
                self._tell("current", name)
            (self.folder / "building").unlink(missing_ok=True)
            self._drop_all_but(name)

    def abandon(self, name: str) -> None:
        """Drop a generation that is being built; the live one stays."""
        with self._locked():
            if name == self._name("building") and name != self._name("current"):
                (self.folder / "building").unlink()
                self._drop_all_but(self._name("current"))

    def _next(self) -> str:
        taken = {self._name("current"), *(path.name for path in self._folders())}
        return f"{max((int(name) for name in taken if name.isdecimal()), default=0) + 1:06d}"

    def _folders(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.is_dir() and path.name.isdecimal()]

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def _drop_all_but(self, *kept: str) -> None:
        for folder in self._folders():
            if folder.name not in kept:
                _drop(folder)

    def _name(self, file: str) -> str:
        told = self._told(file)
        return told[0] if told else ""

    def _told(self, file: str) -> tuple[str, int] | None:
        """Return the name and the schema that a file tells; schema -1 if it is damaged, None if there is no file."""
        try:
            told = json.loads((self.folder / file).read_text())
            return str(told["generation"]), int(told["schema"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return "", -1

    def _tell(self, file: str, name: str) -> None:
        new = self.folder / f"{file}.new"
        with new.open("w") as writing:
            json.dump({"generation": name, "schema": SCHEMA_VERSION}, writing)
            writing.flush()
            os.fsync(writing.fileno())
        new.replace(self.folder / file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock under which generations come and go; it falls with the process."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self.folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise IndexUnavailable("The search index cannot be written: is its disk full or gone?") from error


def _drop(folder: Path) -> None:
    """Delete a folder; a writer that has not yet noticed may still be making files in it."""
    for left in reversed(range(_TRIES)):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if not folder.exists():
                return
        except OSError:
            if not left:
                raise
        else:
            return
        time.sleep(_PAUSE)
