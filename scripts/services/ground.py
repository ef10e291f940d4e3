"""The ground the servers stand on: the user they run as, folders that user can enter, free ports, waiting."""

from __future__ import annotations

import hashlib
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAME = "vigie-services"
# Below the ports that Linux hands out to outgoing connections: none is taken while a server is being restarted.
_PORTS = range(12_000, 32_000)
_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's files in memory, nobody's folder
_ROOM = 4_000_000_000


class Unavailable(Exception):
    """The server cannot be had on this machine; the text is the reason, one line."""


class NotStarted(Exception):
    """The server is there and did not come up; the text names its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that the servers run as."""

    uid: int
    gid: int

    def give(self, *paths: Path) -> None:
        """Make the user the owner of the paths."""
        for path in paths:
            os.chown(path, self.uid, self.gid)

    def rights(self) -> dict[str, Any]:
        """Return what makes `subprocess` run a program as the user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.getuid() == 0 else {}

    def can_enter(self, folder: Path) -> bool:
        """Return whether the user can reach the folder, or could if it existed."""
        return all(self._passes(one) for one in (folder, *folder.parents) if one.exists())

    def _passes(self, folder: Path) -> bool:
        known = folder.stat()
        return bool(known.st_mode & (0o100 if known.st_uid == self.uid else 0o001))


def account() -> Account:
    """Return the user to run servers as: ourselves, or a system user where we are root, made if missing."""
    if os.getuid() != 0:
        return Account(os.getuid(), os.getgid())
    for _ in range(5):
        try:
            known = pwd.getpwnam(_NAME)
        except KeyError:
            _add_user()
        else:
            return Account(known.pw_uid, known.pw_gid)
    raise Unavailable(f"the system user {_NAME} cannot be made (useradd)")


def _add_user() -> None:
    """Make the user; another process may be making it too, so the outcome is for the caller to look up."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME]
    try:
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - our own command
    except FileNotFoundError:
        raise Unavailable("servers do not run as root, and there is no useradd to make another user with") from None
    time.sleep(0.2)


def run_as(user: Account, command: list[str], env: Mapping[str, str], said: str = "") -> None:
    """Run a command to its end as the user, with something said on its standard input; `NotStarted` if it fails."""
    done = subprocess.run(  # noqa: S603 - our own command
        command, input=said, check=False, capture_output=True, text=True, env=dict(env), cwd="/", **user.rights()
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise NotStarted(f"{Path(command[0]).name} failed: {last[0]}")


def reachable(folder: Path, user: Account) -> Path:
    """Return the folder, or one under the system's temporary folder where the user cannot enter it.

    The other one is the same each time, so that it is found again.
    """
    folder = folder.resolve()
    return folder if user.can_enter(folder) else Path(tempfile.gettempdir(), _named_after(folder))


def in_memory(folder: Path) -> Path | None:
    """Return the folder in memory that stands for this one, or None where there is none with 4 GB to spare."""
    if not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    return _MEMORY / _named_after(folder.resolve())


def _named_after(folder: Path) -> str:
    return f"{_NAME}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def made(home: Path) -> Path:
    """Make a reachable folder if it is missing, and return it; `Unavailable` if it is somebody else's."""
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise Unavailable(f"{home} belongs to somebody else")
    return home


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def last_line(log: Path) -> str:
    """Return the log's name and its last line, for an error."""
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return f"{log}: {next((line.strip()[:300] for line in reversed(lines) if line.strip()), 'empty')}"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Unavailable("no free port on 127.0.0.1")


def until(ready: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Ask again and again until the answer is yes; False when the seconds have passed."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
