"""Analysts at the desk: each logs in by the form, follows the pages' own links and forms, and thinks in between."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from random import Random

import httpx

from benchmarks.desk.served import LABEL
from benchmarks.search.texts import words

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_ITEM = re.compile(r'<tr id="(q-[\w-]+)">')
_NEXT = re.compile(r'<a href="(/queue\?[^"]*cursor=[^"]+)" rel="next"')
_DECIDES = re.compile(r'action="(/queue/[\w-]+/decision)"')
_HITS = re.compile(r'href="(/posts/p-[\w-]+)[^"]*"')
THINKS = (1.0, 3.0)
"""Seconds between two steps of a person, at least and at most: anybody who reads takes longer."""
_PURPOSE = {"purpose": "watch", "ground": "LPJ 39"}
_AGAIN = 0.2
"""Share of the searches that were made before, by the same person."""
_TRIES = 5
"""Rows that are tried when colleagues are quicker."""


class Analyst:
    """One browser of one analyst."""

    def __init__(self, address: str, name: str, password: str, number: int) -> None:
        self._client = httpx.Client(base_url=address, timeout=120)
        self._name, self._password = name, password
        self.dice = Random(f"{time.time()} {number}")  # else a second run would search what the first has searched
        self._csrf = ""
        self._asked_before = ""
        self.phase = ""
        self.met: Counter[str] = Counter()
        self.pause: tuple[float, float] = (0.0, 0.0)

    def log_in(self) -> None:
        self._client.post("/login", data={"name": self._name, "password": self._password})
        self._csrf = _found(_CSRF, self._client.get("/queue").text)

    def round(self) -> None:
        """Look at the queue, read and decide one item, make a search and look at its result; now and then, figures."""
        first = self._get("queue", "/queue").text
        following = _NEXT.search(first)
        second = self._get("queue, next page", unescape(following[1])).text if following else ""
        self._decide(_ITEM.findall(first) + _ITEM.findall(second))
        self._search()
        self._get("bare page", "/bare")
        if self.dice.random() < 0.2:
            self._get("dashboard", "/dashboard")

    def _decide(self, items: list[str]) -> None:
        self.dice.shuffle(items)
        for item in items[:_TRIES]:
            taken = self._post("claim", f"/queue/{item}/claim")
            if taken.status_code == 303:
                return self._read(item, taken.headers["location"])
            self.met["claimed by a colleague"] += 1
        return None

    def _read(self, item: str, post: str) -> None:
        self._get("post, label", post)
        shown = self._get("post, opened", f"{post}?open=1").text
        if form := _DECIDES.search(shown):
            verdict = self.dice.choice(("dismiss", "dismiss", "watch"))
            done = self._post("decide", form[1], {"verdict": verdict, "reason": "Lu au banc d'essai."})
            self._get("queue", done.headers.get("location", "/queue"))
        else:  # two people judge this one, or it was read at another page: another day's work
            self.met["given back, not decided"] += 1
            self._post("release", f"/queue/{item}/release")

    def _search(self) -> None:
        self._get("search, form", "/searches")
        page = "search, made"
        if self._asked_before and self.dice.random() < _AGAIN:
            page = "search, made again"
        else:
            self._asked_before = " ".join(words().word(self.dice) for _ in range(self.dice.choice((1, 2, 2, 3))))
        made = self._post(page, "/searches", {"query": self._asked_before, **_PURPOSE})
        if made.status_code == 303:
            found = self._get("search, result", made.headers["location"]).text
            self.met["searches that found something"] += bool(_HITS.search(found))

    def _get(self, page: str, path: str) -> httpx.Response:
        return self._asked(lambda: self._client.get(path, headers={LABEL: f"{self.phase}|{page}"}))

    def _post(self, page: str, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        sent = {"csrf": self._csrf, **(fields or {})}
        return self._asked(lambda: self._client.post(path, data=sent, headers={LABEL: f"{self.phase}|{page}"}))

    def _asked(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        answer = ask()
        if answer.status_code not in {200, 303}:
            self.met[f"{answer.request.method} answered {answer.status_code}"] += 1
        time.sleep(self.dice.uniform(*self.pause))
        return answer


def _found(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    if found is None:
        raise SystemExit("The desk does not answer as it should: was the data made by this code?")
    return unescape(found[1])


def work(analysts: list[Analyst], phase: str, pause: tuple[float, float], seconds: float) -> int:
    """Let analysts work at the same time for so long, in whole rounds; return how many rounds they made."""
    until = time.monotonic() + seconds

    def day(analyst: Analyst) -> int:
        analyst.phase, analyst.pause, rounds = phase, pause, 0
        time.sleep(analyst.dice.uniform(*pause))  # nobody comes at the same moment
        while time.monotonic() < until:
            analyst.round()
            rounds += 1
        return rounds

    with ThreadPoolExecutor(len(analysts)) as room:
        return sum(room.map(day, analysts))
