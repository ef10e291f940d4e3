"""The pace: the least time between two requests to a host, and back-off where a host says that it is asked too often.

Waiting is done here and not in Scrapy's download slots, so that the leave to collect is checked after the wait, at the
moment of sending.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.policy.settings import PACE
from crawlers.policy.visit import ROBOTS, Refused, visit_of
from crawlers.sources.declaration import OUT_OF_TIME
from store.errors import VigieError

MAX_WAIT = 120.0
"""Seconds; a host that asks for more is left alone until the next collection."""
MAX_TIMES = 2
_DEFAULT_FACTOR = 10
_TIMES = "vigie_backed_off"


def retry_after(value: bytes | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks to wait (RFC 9110, section 10.2.3), or None."""
    text = (value or b"").decode("latin-1").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class Pace:
    """Holds each request until its host may be asked again, and then asks whether it still may."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._delay = crawler.settings.getfloat(PACE)
        self._free_at: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the host's turn; refuse if the leave to collect ended meanwhile."""
        visit = visit_of(self._crawler)
        host = urlsplit(request.url).hostname or ""
        now = monotonic()
        turn = max(now, self._free_at.get(host, 0.0))
        if turn >= visit.ends_at:
            visit.stop(self._crawler, OUT_OF_TIME)
            raise Refused("stopped", visit.stopped)
        self._free_at[host] = turn + self._delay_for(host)
        if turn > now:
            await asyncio.sleep(turn - now)
        if visit.stopped:
            raise Refused("stopped", visit.stopped)
        try:
            visit.check_leave()
        except VigieError as error:
            visit.stop(self._crawler, error.message)
            raise Refused("not approved", error.message) from None

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Ask again later where a host says that it is asked too often."""
        if response.status not in (429, 503) or request.meta.get(ROBOTS):
            return response
        host = urlsplit(request.url).hostname or ""
        wait = retry_after(response.headers.get(b"Retry-After"), datetime.now(UTC))
        if wait is None:
            wait = max(1.0, self._delay_for(host) * _DEFAULT_FACTOR)
        times = request.meta.get(_TIMES, 0)
        if times >= MAX_TIMES or wait > MAX_WAIT:
            visit_of(self._crawler).stop(self._crawler, f"{host} answered {response.status} and asks to be left alone")
            return response
        self._free_at[host] = max(self._free_at.get(host, 0.0), monotonic() + wait)
        return request.replace(meta={**request.meta, _TIMES: times + 1}, dont_filter=True)

    def _delay_for(self, host: str) -> float:
        return max(self._delay, visit_of(self._crawler).delays.get(host, 0.0))
