"""robots.txt by RFC 9309, failing closed: what cannot be read as rules forbids everything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers.policy.settings import PRODUCT
from crawlers.policy.visit import ROBOTS, Refused, kind_of, visit_of

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
        return self.parser is None or bool(self.parser.can_fetch(url, PRODUCT))

    @property
    def delay(self) -> float:
        """Return the seconds between requests that the host asks for, 0 where it asks for none."""
        if self.parser is None:
            return 0.0
        rate = self.parser.request_rate(PRODUCT)
        return max(
            self.parser.crawl_delay(PRODUCT) or 0.0, rate.seconds / rate.requests if rate and rate.requests else 0
        )


def read_rules(status: int, body: bytes, *, encoded: bool = False) -> Rules:
    """Return the rules in an answer to the request for robots.txt (RFC 9309, section 2.3.1).

    2xx: the file's; 4xx: unavailable, so all is allowed, except 429, which is a host under load; the rest, and a body
    that is no UTF-8 text, that is a web page or that is still `encoded`: unreachable, so nothing is allowed.
    """
    if 400 <= status < 500 and status != 429:
        return Rules()
    if not 200 <= status < 300 or status == 206:
        return Rules(problem=f"answered {status}")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoded = True
        text = ""
    if encoded or "\0" in text:
        return Rules(problem="is not UTF-8 text")
    if text.lstrip()[:1] == "<":
        return Rules(problem="is a web page")
    return Rules(parser=Protego.parse(text))


class Robots:
    """Asks each host for robots.txt before its first page, and holds every page request to the answer."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._asked: dict[str, asyncio.Task[Rules]] = {}

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
        if rules.problem:
            visit.note(f"{origin}/robots.txt {rules.problem}: nothing may be fetched there")
        if visit.stopped:
            raise Refused("stopped", visit.stopped)
        if not rules.allow(request.url):
            raise Refused("robots", f"robots.txt forbids {request.url}")

    async def _ask(self, origin: str) -> Rules:
        engine = self._crawler.engine
        if engine is None:
            return Rules(problem="could not be asked for")
        meta = {ROBOTS: True, "dont_retry": True, "download_maxsize": MAX_ROBOTS}
        request = Request(f"{origin}/robots.txt", meta=meta, callback=NO_CALLBACK, dont_filter=True)
        try:
            rules = self._read(await engine.download_async(request))
        except IgnoreRequest as error:
            return Rules(problem=f"could not be read ({error or kind_of(error)})")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong on the way to the rules, nothing is fetched
            return Rules(problem=f"could not be fetched ({kind_of(error)})")
        visit_of(self._crawler).delays[urlsplit(origin).hostname or ""] = rules.delay
        return rules

    @staticmethod
    def _read(response: Response) -> Rules:
        return read_rules(response.status, response.body, encoded=b"Content-Encoding" in response.headers)
