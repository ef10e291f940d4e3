"""A real Chromium, the demo served by a real process on loopback, and a sink that every other host's name leads to."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from day_house import fill_day
from hostile_house import House, fill_house
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.demo_browser import CHROMIUM, FLAGS, Desks, running_demo

OWN_HOSTS = re.compile(rb"google(apis|usercontent)?\.com|gstatic\.com|gvt1\.com|chromium\.org")


@dataclass
class Sink:
    """Counts who connects: with it as the address of every foreign name, a request that leaves arrives here."""

    listener: socket.socket
    said: list[bytes] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def serve(self) -> None:
        self.listener.settimeout(0.1)
        while not self._stop.is_set():
            with suppress(TimeoutError):
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(0.5)
                    self.said.append(connection.recv(4096))

    def asked(self) -> list[bytes]:
        """Return what came, but for what Chromium asks its maker's hosts by itself, whatever the page."""
        return [said for said in self.said if not OWN_HOSTS.search(said)]

    def stop(self) -> None:
        self._stop.set()


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = Sink(listener)
        thread = threading.Thread(target=one.serve)
        thread.start()
        yield one
        one.stop()
        thread.join()


@pytest.fixture(scope="session")
def chromium(sink: Sink) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    rules = f"--host-resolver-rules=MAP * 127.0.0.1:{sink.port}, EXCLUDE 127.0.0.1"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, rules])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="session")
def desks(demo_data: Path) -> Iterator[Desks]:
    # One item in ten is drawn for a second, blind reading that hides most of its page: here pages are seen whole.
    with running_demo(demo_data, double_coding_percent=0) as running:
        yield running


@pytest.fixture(scope="session")
def house(demo_data: Path, desks: Desks) -> House:
    return fill_house(demo_data, desks)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Log in at some desks as one of their people, in a browser of their own, with or without JavaScript."""
    contexts = []

    def log_in(desks: Desks, name: str, *, javascript: bool = True) -> Page:
        context = chromium.new_context(java_script_enabled=javascript, base_url=desks.address, locale="fr-CA")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        desks.log_in(page, name)
        return page

    yield log_in
    for context in contexts:
        context.close()


@pytest.fixture
def enter(visit: Callable[..., Page], desks: Desks) -> Callable[..., Page]:
    """Log in at the demo that the tests of pages share."""

    def log_in(name: str, *, javascript: bool = True, desks: Desks = desks) -> Page:
        return visit(desks, name, javascript=javascript)

    return log_in


@pytest.fixture(scope="session")
def day_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("day") / "data"


@pytest.fixture(scope="session")
def day_desks(day_data: Path) -> Iterator[Desks]:
    """Serve a demo of its own, with the settings of every house, a second analyst and a day's work."""
    with running_demo(day_data) as running:
        yield fill_day(day_data, running)
