"""Programs that run on their own and are found again: by a pid file, checked against the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.services.ground import Account, until

_REPOSITORY = Path(__file__).parent.parent.parent
_KILL_SECONDS = 20


@dataclass
class Process:
    """A program, leader of its own process group; `mark` stands on its command line or on one of its children's."""

    pid: int
    mark: str
    child: subprocess.Popen[bytes] | None = None
    """Our handle on it where we are its parent: a child that ended must be waited for."""

    @classmethod
    def start(
        cls, command: list[str], *, pid_file: Path, mark: str, log: Path, user: Account, env: Mapping[str, str]
    ) -> Process:
        """Start the command as the user, its output appended to the log, and write the pid file."""
        with log.open("ab") as out:
            child = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=dict(env),
                start_new_session=True,
                umask=0o077,
                **user.rights(),
            )
        pid_file.write_text(f"{child.pid}\n{mark}\n")
        return cls(child.pid, mark, child)

    @classmethod
    def load(cls, pid_file: Path) -> Process | None:
        """Return the process that the pid file names, running or not; None without a file."""
        try:
            pid, mark = pid_file.read_text().splitlines()
            return cls(int(pid), mark)
        except (OSError, ValueError):
            return None

    @property
    def running(self) -> bool:
        """Whether it, or something it started, still runs."""
        return bool(self.members())

    def members(self) -> list[int]:
        """Return the pids of the program and of all it started; none if the pid is another program's by now."""
        if self.child is not None:
            self.child.poll()
        pids = list(_family(self.pid))
        return pids if any(self.mark in _command_line(pid) for pid in pids) else []

    def stop(self, sign: signal.Signals, seconds: float) -> None:
        """Send the program a signal that asks it to end; kill what still runs when the seconds have passed."""
        if self.running:
            _send(self.pid, sign)
            until(lambda: not self.running, seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the program and all it started, at once, and wait until they are gone."""
        if members := self.members():
            _send(self.pid, signal.SIGSTOP)  # it starts no more children while we look
            for pid in {*members, *self.members()}:
                _send(pid, signal.SIGKILL)
            until(lambda: not any(_state(pid) for pid in members) and not self.running, _KILL_SECONDS, 0.02)
        if self.child is not None:
            self.child.wait(_KILL_SECONDS)


class Guard:
    """Kills the programs of a folder's pid files when we die without having stopped them, however we die.

    Their files go too where they stand outside the folder.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        outside = [] if home == folder else [str(home)]
        command = [sys.executable, "-m", "scripts.services.guard", str(folder), *outside]
        self._child = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, cwd=_REPOSITORY, start_new_session=True
        )

    def dismiss(self) -> None:
        """Let it go; what the pid files name and still runs is killed."""
        self._child.communicate()


def processes(folder: Path) -> list[Process]:
    """Return the processes that the folder's pid files name."""
    return [one for path in sorted(folder.glob("*.pid")) if (one := Process.load(path))]


def _send(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return  # it ended by itself


def _family(leader: int) -> Iterator[int]:
    """Yield the living members of the leader's process group and its descendants, which may have left the group."""
    table = {int(path.name): known for path in Path("/proc").glob("[0-9]*") if (known := _state(int(path.name)))}
    wanted = {pid for pid, (_, group) in table.items() if leader in (pid, group)}
    while more := {pid for pid, (parent, _) in table.items() if parent in wanted} - wanted:
        wanted |= more
    yield from wanted


def _state(pid: int) -> tuple[int, int] | None:
    """Return (parent, process group), or None where it ended."""
    try:
        state, parent, group = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else (int(parent), int(group))


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
