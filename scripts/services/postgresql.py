"""A PostgreSQL of one's own: Debian's binaries, a data folder and a port."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sys
from pathlib import Path
from typing import Self

import psycopg

from scripts.services.ground import (
    NotStarted,
    Unavailable,
    account,
    free_port,
    in_memory,
    last_line,
    made,
    reachable,
    run_as,
    until,
    write_secret,
)
from scripts.services.process import Guard, Process

_ENV = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_SECONDS = 60
_RECORD = "server.json"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "lc_messages": "C",
}
# Not synchronous_commit: without it a killed server loses rows it had said it kept.
_FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class PostgreSQL:
    """A server on 127.0.0.1 with one database, `vigie`, and one user, its owner, who may do everything."""

    def __init__(self, folder: Path, port: int, password: str, *, durable: bool, home: str = "") -> None:
        self.folder = folder.resolve()
        self.port = port
        self.password = password
        self.durable = durable
        self._user = account()
        self.home = Path(home) if home else reachable(folder, self._user)
        """The folder of every file of the server: `folder`, or one in memory, or one that its user can enter."""
        self._process = Process.load(self._pid_file)
        self._guard: Guard | None = None

    @staticmethod
    def unavailable() -> str:
        """Return why a server cannot be had here, or nothing."""
        if not sys.platform.startswith("linux"):
            return "PostgreSQL for tests is started on Linux only"
        return "" if _binaries() else "no PostgreSQL here: apt-get install postgresql"

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        durable: bool = False,
        memory: bool = False,
        port: int | None = None,
        outlives: bool = False,
    ) -> PostgreSQL:
        """Return a running server whose files are below the folder; it ends with this process unless `outlives`.

        Without `durable` the disk is never waited for: a crash of the machine loses the data, `kill` does not. With
        `memory` the files are in memory where it has room: databases made and dropped by the hundred cost ext4 half of
        the processor, for it looks for files' numbers that were not freed just now.
        `Unavailable` where there is no PostgreSQL, `NotStarted` when it does not come up.
        """
        if reason := cls.unavailable():
            raise Unavailable(reason)
        folder.mkdir(parents=True, exist_ok=True)
        home = str((memory and in_memory(folder)) or "")
        server = cls(folder, port or free_port(), secrets.token_urlsafe(12), durable=durable, home=home)
        server._make()
        record = {"port": server.port, "password": server.password, "durable": durable, "home": home}
        write_secret(server.folder / _RECORD, json.dumps(record))
        if not outlives:
            server._guard = Guard(server.folder, server.home)
        try:
            server.start_again()
            server._make_database()
        except BaseException:
            server.stop(immediate=True)
            raise
        return server

    @classmethod
    def found(cls, folder: Path) -> PostgreSQL | None:
        """Return the server that was started in the folder, running or not; None if there is none."""
        try:
            return cls(folder, **json.loads((folder / _RECORD).read_text()))
        except (OSError, ValueError):
            return None

    @property
    def url(self) -> str:
        """The address as SQLAlchemy takes it, password included."""
        return f"postgresql+psycopg://vigie:{self.password}@127.0.0.1:{self.port}/vigie"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.home / "postgresql.log"

    @property
    def data(self) -> Path:
        """The folder that holds every file of the server's databases and its write-ahead log."""
        return self.home / "data"

    @property
    def running(self) -> bool:
        """Whether the server, or a process it left, still runs."""
        return self._process is not None and self._process.running

    def start_again(self) -> None:
        """Start the stopped or killed server on the same port and data, and wait until it answers."""
        if self.running:
            return
        choices = _SETTINGS | {"port": str(self.port)} | ({} if self.durable else _FORGETFUL)
        command = [_binaries() + "/postgres", "-D", str(self.data)]
        command += [f"--{name}={value}" for name, value in choices.items()]
        self._process = Process.start(
            command, pid_file=self._pid_file, mark=str(self.data), log=self.log, user=self._user, env=_ENV
        )
        if not until(lambda: self._answers() or not self.running, _SECONDS) or not self.running:
            raise NotStarted(f"PostgreSQL did not start; {last_line(self.log)}")

    def stop(self, *, immediate: bool = False) -> None:
        """Stop the server; with `immediate` without a checkpoint, as a crash would, but telling its clients."""
        if self._process:
            self._process.stop(signal.SIGQUIT if immediate else signal.SIGINT, _SECONDS)

    def kill(self) -> None:
        """Kill the server and every process of it, at once."""
        if self._process:
            self._process.kill()

    def close(self) -> None:
        """Stop the server for good and remove its files where they had to stand outside its folder."""
        self.stop()
        if self._guard:
            self._guard.dismiss()
        for path in (self._pid_file, self.folder / _RECORD):
            path.unlink(missing_ok=True)
        if self.home != self.folder:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "postgresql.pid"

    def _make(self) -> None:
        """Make the data folder anew, for one user who needs the password."""
        made(self.home)
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        word = self.home / "password"
        write_secret(word, self.password)
        self._user.give(self.data, word)
        options = ["--username=vigie", f"--pwfile={word}", "--auth=scram-sha-256", "--encoding=UTF8"]
        command = [_binaries() + "/initdb", "--locale=C.UTF-8", "--no-sync", *options, "-D", str(self.data)]
        run_as(self._user, command, _ENV)
        word.unlink()

    def _make_database(self) -> None:
        with self._connect("postgres") as connection:
            connection.execute("CREATE DATABASE vigie")

    def _connect(self, database: str) -> psycopg.Connection:
        where = {"host": "127.0.0.1", "port": self.port, "dbname": database, "user": "vigie"}
        return psycopg.connect(**where, password=self.password, connect_timeout=5, autocommit=True)  # type: ignore[arg-type]

    def _answers(self) -> bool:
        try:
            with self._connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False


def _binaries() -> str:
    """Return the folder of the newest PostgreSQL's programs, or nothing; Debian keeps them out of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("postgres")
    return str(Path(found).resolve().parent) if found else ""
