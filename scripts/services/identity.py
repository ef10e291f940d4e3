"""An OpenID Connect provider of one's own: npm's `oidc-provider` on Node, installed once from the lock file beside."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Self

from scripts.services.commands import output, run
from scripts.services.distribution import kept_here
from scripts.services.ground import NotStarted, Unavailable, account, free_port, last_line, made, reachable, until
from scripts.services.process import Guard, Process

_HERE = Path(__file__).parent / "oidc"
_SECONDS = 30
_NODE = 20


class IdentityProvider:
    """A provider on 127.0.0.1 with one client; it believes any name and password."""

    def __init__(self, folder: Path, port: int, redirect: str) -> None:
        self.folder = folder.resolve()
        self.issuer = f"http://127.0.0.1:{port}"
        self.client_id = "vigie-tests"
        self.client_secret = secrets.token_urlsafe(32)
        self._port = port
        self._redirect = redirect
        self._process: Process | None = None
        self._guard: Guard | None = None

    @staticmethod
    def unavailable() -> str:
        """Return why a provider cannot be had here, or nothing, without asking anybody outside."""
        if not sys.platform.startswith("linux"):
            return "the identity provider for tests is started on Linux only"
        known = re.match(r"v(\d+)", output(["node", "--version"]))
        if known is None or int(known[1]) < _NODE or not shutil.which("npm"):
            return f"no Node.js {_NODE} or later with npm here, for the identity provider"
        return ""

    @classmethod
    def start(cls, folder: Path, redirect: str) -> IdentityProvider:
        """Return a running provider that sends browsers back to `redirect`; it ends with this process.

        `Unavailable` where it cannot be had, `NotStarted` when it does not come up.
        """
        if reason := cls.unavailable():
            raise Unavailable(reason)
        home = _installed()
        folder.mkdir(parents=True, exist_ok=True)
        provider = cls(folder, free_port(), redirect)
        provider._guard = Guard(provider.folder, provider.folder)
        try:
            provider._run(home)
        except BaseException:
            provider.close()
            raise
        return provider

    def close(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.stop(signal.SIGTERM, _SECONDS)
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None

    def _run(self, home: Path) -> None:
        script = home / "provider.mjs"
        node = shutil.which("node") or "node"
        log = self.folder / "provider.log"
        self._process = Process.start(
            [node, str(script), str(self._port), self.client_id, self.client_secret, self._redirect],
            pid_file=self.folder / "provider.pid",
            mark=str(script),
            log=log,
            user=account(),
            env={"PATH": os.defpath, "NODE_ENV": "test"},
        )
        if not until(self._answers, _SECONDS):
            raise NotStarted(last_line(log))

    def _answers(self) -> bool:
        if self._process is None or not self._process.running:
            raise NotStarted(last_line(self.folder / "provider.log"))
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _installed() -> Path:
    """Return the folder of the installed package, one for each lock file; `Unavailable` where npm cannot get it."""
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_HERE.iterdir()))).hexdigest()[:12]
    kept = made(reachable(kept_here(), account()))
    home = kept / f"oidc-{wanted}"
    with (kept / "oidc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.is_dir():
            _install(kept / "oidc-unpacked", home)
    return home


def _install(folder: Path, home: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_HERE, folder)
    quiet = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(["npm", "ci", *quiet], folder, "npm cannot install oidc-provider")
    folder.rename(home)
