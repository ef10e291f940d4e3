"""A person who has a keyboard and no mouse, and what the server took for each of their steps."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median, quantiles
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

_STEPS = (
    ("log in", "POST", "/login"),
    ("queue", "GET", "/queue"),
    ("item", "GET", "/queue/q-"),
    ("claim", "POST", "/queue/q-/claim"),
    ("skip", "POST", "/queue/q-/skip"),
    ("text's label", "GET", "/posts/p-"),
    ("text", "GET", "/posts/p-?open"),
    ("judge blind", "POST", "/agreement/q-/judgement"),
    ("decide", "POST", "/queue/q-/decision"),
    ("undo", "POST", "/queue/q-/undo"),
    ("campaign", "GET", "/queue/q-/campaign"),
    ("claim campaign", "POST", "/queue/q-/campaign/claim"),
    ("decide campaign", "POST", "/queue/q-/campaign/decision"),
    ("hand-over's form", "GET", "/queue/q-/handover"),
    ("hand over", "POST", "/queue/q-/handover"),
    ("refuse", "POST", "/queue/q-/refuse"),
    ("search's form", "GET", "/searches"),
    ("search", "POST", "/searches"),
    ("search's result", "GET", "/searches/s-"),
    ("second readings", "GET", "/second"),
    ("take a second", "POST", "/second"),
)
_NAMES = {(method, path): name for name, method, path in _STEPS}


class Timings:
    """Milliseconds from the last byte asked to the first byte answered, by kind of step, of every page."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = defaultdict(list)

    def watch(self, page: Page) -> None:
        """Note every page that a tab asks for; what a page redirects from is a step of its own."""
        page.on("requestfinished", self._note)

    def _note(self, request: Request) -> None:
        if request.resource_type != "document":
            return
        asked = urlsplit(request.url)
        path = re.sub(r"\b([pqs]-)[0-9a-f]+", r"\1", asked.path) + ("?open" if "open=1" in asked.query else "")
        took = request.timing["responseStart"] - request.timing["requestStart"]
        self.took[_NAMES.get((request.method, path), f"{request.method} {path}")].append(took)

    def table(self) -> Iterable[str]:
        """Yield the lines of the table, as the steps come in a day."""
        yield f"{'step':<20} {'times':>5} {'median ms':>10} {'p95 ms':>8}"
        order = [name for name, _, _ in _STEPS]
        for name in sorted(self.took, key=lambda one: order.index(one) if one in order else len(order)):
            took = self.took[name]
            high = quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]
            yield f"{name:<20} {len(took):>5} {median(took):>10.1f} {high:>8.1f}"


class Keyboard:
    """Works a page by keys alone; every key is counted under the task it is for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: Counter[str] = Counter()
        self.task = ""

    def press(self, key: str) -> None:
        """Press a key that leads to no other page."""
        self.pressed[self.task] += 1
        self.page.keyboard.press(key)

    def go(self, key: str, to: str = "") -> None:
        """Press a key that leads to another page, one whose path and query hold the pattern `to`."""
        came_from = self.page.url
        with self.page.expect_navigation(wait_until="load"):
            self.press(key)
        assert re.search(to, self.page.url), f"{key} on {came_from} led to {self.page.url}, not to {to}"

    def type(self, words: str) -> None:
        """Type words where the focus is."""
        self.pressed[self.task] += len(words)
        self.page.keyboard.type(words)

    def focused(self, selector: str) -> bool:
        """Tell whether the focus is on what a selector names."""
        return bool(self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector))

    def tab_to(self, selector: str, key: str = "Tab", most: int = 120) -> None:
        """Go from stop to stop until the focus is on what a selector names; `AssertionError` if it never is."""
        for _ in range(most):
            self.press(key)
            if self.focused(selector):
                return
        raise AssertionError(f"{most} times {key} on {self.page.url} never came to {selector}")

    def choose(self, selector: str, value: str | None = None) -> None:
        """Go to a list and down it, to a value or one further."""
        self.tab_to(selector)
        for _ in range(40):
            self.press("ArrowDown")
            if value is None or self.page.evaluate("document.activeElement.value") == value:
                return
        raise AssertionError(f"{selector} on {self.page.url} has no {value}")

    def menu(self, path: str) -> None:
        """Go to a place of the menu from the top of a page."""
        self.tab_to(f"nav a[href='{path}']", most=400)
        self.go("Enter", f"{path}$")

    def stops(self) -> int:
        """Walk once round a page by Tab; return how many stops it has. `AssertionError` where the focus is caught."""
        self.tab_to("a.skip", most=400)
        count = 0
        while count < 600:
            before = self.page.evaluate_handle("document.activeElement")
            self.press("Tab")
            count += 1
            assert not self.page.evaluate("before => before === document.activeElement", before), self.page.url
            if self.focused("a.skip"):
                return count
        raise AssertionError(f"no way round {self.page.url} by Tab")
