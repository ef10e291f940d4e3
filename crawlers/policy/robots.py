"""robots.txt by RFC 9309, failing closed: what cannot be read as rules forbids everything."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from posixpath import normpath
from typing import Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawlers.policy.remembered import MARK
from crawlers.policy.settings import PRODUCT
from crawlers.policy.visit import ROBOTS, Refused, kind_of, visit_of
from crawlers.policy.walls import looks_binary
from store.alerts import AlertKind

_LONGEST = 24 * 3600.0
"""Seconds; who asks for more than a collection can last is not asked twice in one."""
MAX_ROBOTS = 500 * 1024
"""Bytes; RFC 9309 asks crawlers to read at least as many, and a larger file is not read at all."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one host; a `problem` forbids everything, no parser and no problem allows everything."""

    parser: Protego | None = None
    problem: str = ""

    def allow(self, url: str) -> bool:
        """Tell whether a page may be fetched."""
        if self.problem:
            return False
        return self.parser is None or all(self.parser.can_fetch(one, PRODUCT) for one in _readings(url))

    def as_mark(self) -> str:
        """Return what is remembered, as JSON: `state` (rules, none, unreadable), `problem`, `delay` in seconds."""
        state = "unreadable" if self.problem else "none" if self.parser is None else "rules"
        return json.dumps({"state": state, "problem": self.problem[:300], "delay": self.delay})

    @property
    def delay(self) -> float:
        """Return the seconds between requests that the host asks for, 0 where it asks for none."""
        if self.parser is None:
            return 0.0
        rate = self.parser.request_rate(PRODUCT)
        asked = (
            self.parser.crawl_delay(PRODUCT) or 0.0,
            rate.seconds / rate.requests if rate and rate.requests else 0.0,
        )
        return min(max(asked), _LONGEST)


def read_rules(status: int, body: bytes) -> Rules:
    """Return the rules in an answer to the request for robots.txt (RFC 9309, section 2.3.1).

    2xx: the file's; 4xx: unavailable, so all is allowed, except 429, which is a host under load; the rest, and a body
    that is no UTF-8 text or that is a web page: unreachable, so nothing is allowed.
    """
    if 400 <= status < 500 and status != 429:
        return Rules()
    if not 200 <= status < 300 or status == 206:
        return Rules(problem=f"answered {status}")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Rules(problem="is not UTF-8 text")
    if "\0" in text or looks_binary(body):
        return Rules(problem="is not UTF-8 text")
    if text.lstrip()[:1] == "<":
        return Rules(problem="is a web page")
    return Rules(parser=Protego.parse(text))


def _readings(url: str) -> set[str]:
    """Return an address as written and as servers read it: to many ``/./a``, ``//a`` and ``/b/%2e%2e/a`` are ``/a``."""
    parts = urlsplit(url)
    path = unquote(parts.path, "latin-1").replace("\\", "/")
    plain = "/" + normpath(f"/{path}").lstrip("/")
    plain += "/" if path.endswith("/") and plain != "/" else ""
    return {url, urlunsplit(parts._replace(path=quote(plain, encoding="latin-1")))}


class Robots:
    """Asks each host for robots.txt before its first page, and holds every page request to the answer."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._asked: dict[str, asyncio.Task[Rules]] = {}
        self._worst: dict[str, Rules] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Refuse a page that the host's rules, or the lack of a readable answer, forbid."""
        if request.meta.get(ROBOTS):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._asked:
            self._asked[origin] = asyncio.ensure_future(self._ask(origin))
        rules = await self._asked[origin]
        visit = visit_of(self._crawler)
        if visit.stopped:
            raise Refused("stopped", visit.stopped)
        if not rules.allow(request.url):
            raise Refused("robots", f"robots.txt forbids {request.url}")

    async def _ask(self, origin: str) -> Rules:
        rules = await self._fetch(origin)
        visit = visit_of(self._crawler)
        if visit.stopped:  # it may be for that that nothing was read
            return rules
        parts = urlsplit(origin)
        host = parts.hostname or ""
        visit.delays[host] = max(visit.delays.get(host, 0.0), rules.delay)
        self._worst[parts.netloc] = max(self._worst.get(parts.netloc, rules), rules, key=lambda one: bool(one.problem))
        visit.marks.write(f"{MARK}{parts.netloc}", self._worst[parts.netloc].as_mark())
        if rules.problem:
            message = f"{origin}/robots.txt {rules.problem}: nothing may be fetched there"
            visit.note(message)
            visit.alert(AlertKind.ROBOTS, message)
        return rules

    async def _fetch(self, origin: str) -> Rules:
        engine = self._crawler.engine
        if engine is None:
            return Rules(problem="could not be asked for")
        meta = {ROBOTS: True, "dont_retry": True, "download_maxsize": MAX_ROBOTS}
        request = Request(f"{origin}/robots.txt", meta=meta, callback=NO_CALLBACK, dont_filter=True)
        try:
            response = await engine.download_async(request)
        except IgnoreRequest as error:
            return Rules(problem=f"could not be read ({error or kind_of(error)})")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong on the way to the rules, nothing is fetched
            return Rules(problem=f"could not be fetched ({kind_of(error)})")
        return read_rules(response.status, response.body)
