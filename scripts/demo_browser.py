"""The demo as a process and a Chromium to look at it: shared by the browser tests and by `make screenshots`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Chromium must ask nobody but the pages under test: its own services are off.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
)
_START_SECONDS = 180
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Desks:
    """The demo's pages and its people's passwords."""

    address: str
    passwords: dict[str, str]

    def log_in(self, page: Page, name: str) -> None:
        """Enter as one of the demo's people."""
        page.goto(f"{self.address}/login")
        page.get_by_label("Nom").fill(name)
        page.get_by_label("Mot de passe").fill(self.passwords[name])
        page.get_by_role("button", name="Entrer").click()
        page.wait_for_url(lambda url: not url.endswith("/login"))


@contextmanager
def running_demo(data: Path, **settings: object) -> Iterator[Desks]:
    """Start `vigie demo` on a free port with these settings and stop it at the end; else `RuntimeError`."""
    command = [sys.executable, "-m", "vigie", "demo", "--data", str(data), "--port", "0", "--no-browser"]
    chosen = os.environ | {f"VIGIE_{name.upper()}": str(value) for name, value in settings.items()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=chosen) as demo:  # noqa: S603 - our own command
        try:
            yield _desks(demo)
        finally:
            demo.terminate()
            demo.wait(_STOP_SECONDS)


def _desks(demo: subprocess.Popen[str]) -> Desks:
    watchdog = threading.Timer(_START_SECONDS, demo.kill)
    watchdog.start()
    passwords: dict[str, str] = {}
    try:
        for line in demo.stdout or ():
            if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                return Desks(address.group(), passwords)
            if account := re.match(r"  (\S+) +(\S+) +\w", line):
                passwords[account[1]] = account[2]
    finally:
        watchdog.cancel()
    raise RuntimeError("the demo did not start")
