"""The programs of one server: started one after the other, stopped together, also when we die."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from scripts.services.ground import NotStarted, account, last_line, made, reachable, until
from scripts.services.process import Guard, Process

_SECONDS = 60


class Programs:
    """Programs whose pid files stand in a folder, run as the user of all test servers until `close`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.user = account()
        self.home = made(reachable(folder, self.user))
        """The folder of the programs' files: `folder`, or another where their user cannot enter that."""
        self._running: dict[str, Process] = {}
        self._guard = Guard(self.folder, self.home)

    def start(
        self, name: str, command: list[str], *, mark: str, port: int, env: Mapping[str, str] | None = None
    ) -> None:
        """Start a program and wait until it listens on its port of 127.0.0.1; `NotStarted` names its log."""
        log = self.home / f"{name}.log"
        given = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})}
        process = Process.start(
            command, pid_file=self.folder / f"{name}.pid", mark=mark, log=log, user=self.user, env=given
        )
        self._running[name] = process
        if not until(lambda: listens(port) or not process.running, _SECONDS) or not process.running:
            raise NotStarted(f"{name} did not start; {last_line(log)}")

    def own(self, path: Path) -> Path:
        """Make a folder that the programs may write to, and return it."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.user.give(path)
        return path

    def close(self) -> None:
        """End all of them, the last one first, and remove the files that had to stand outside the folder.

        They are killed: nobody reads their data afterwards.
        """
        for name in reversed(list(self._running)):
            self._running.pop(name).kill()
            (self.folder / f"{name}.pid").unlink(missing_ok=True)
        self._guard.dismiss()
        if self.home != self.folder:
            shutil.rmtree(self.home, ignore_errors=True)


def listens(port: int) -> bool:
    """Return whether somebody answers on the port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
