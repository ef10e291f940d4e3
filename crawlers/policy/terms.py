"""The terms of a source: read before anything else, and where their words changed, nothing is collected."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.http.request import NO_CALLBACK

from crawlers.policy.remembered import Marks
from crawlers.policy.visit import ROBOTS, TERMS, Refused, kind_of, visit_of
from crawlers.policy.walls import looks_binary
from crawlers.reading.markup import page_of, readable, text_of
from store.alerts import AlertKind


def words_digest(response: Response) -> str:
    """Return the SHA-256 of the words that a page shows, whatever their markup, spacing and case; empty for none."""
    if not isinstance(response, TextResponse) or looks_binary(response.body):
        return ""
    shown = text_of(page_of(response)) if isinstance(response, HtmlResponse) else readable(response).text
    words = " ".join(shown.casefold().split())
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest() if words else ""


def accepted(marks: Marks, url: str, digest: str, approved_at: datetime | None) -> bool:
    """Tell whether terms are those that people know, and remember what was seen.

    The first that are ever seen are taken as known. Others are taken once an approval is younger than the moment at
    which the change was seen.
    """
    known, changed = marks.read(f"terms:{url}"), marks.read(f"terms changed:{url}")
    seen = changed is not None and changed.value == digest
    if not (known is None or known.value == digest):
        if not seen:
            marks.write(f"terms changed:{url}", digest)
            return False
        if changed is None or approved_at is None or approved_at <= changed.seen_at:
            return False
    marks.write(f"terms:{url}", digest)
    marks.drop(f"terms changed:{url}")
    return True


class Terms:
    """Holds the first request of a collection until the declared terms were read, under the same rules as any page."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._read: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Refuse every page where the terms are not those that people know."""
        if request.meta.get(ROBOTS) or request.meta.get(TERMS):
            return
        if self._read is None:
            self._read = asyncio.ensure_future(self._read_all())
        await self._read
        if visit_of(self._crawler).stopped:
            raise Refused("stopped", visit_of(self._crawler).stopped)

    async def _read_all(self) -> None:
        visit = visit_of(self._crawler)
        for url in visit.declaration.terms_urls:
            problem, lasting = await self._problem(url)
            if problem and not visit.stopped:
                kind = AlertKind.TERMS if lasting else None
                visit.stop(self._crawler, f"the terms at {url} {problem}: nothing is collected", kind)
                return

    async def _problem(self, url: str) -> tuple[str, bool]:
        """Return what is wrong with terms, and whether it lasts until a person has looked; nothing wrong: empty."""
        engine = self._crawler.engine
        request = Request(url, meta={TERMS: True}, callback=NO_CALLBACK)
        if engine is None:
            return "could not be asked for", False
        try:
            response = await engine.download_async(request)
        except IgnoreRequest as error:
            return f"could not be read ({error or kind_of(error)})", True
        except Exception as error:  # noqa: BLE001 - whatever goes wrong on the way to the terms, nothing is fetched
            return f"could not be fetched ({kind_of(error)})", False
        if response.status != 200:
            return f"answered {response.status}", 400 <= response.status < 500 and response.status != 429
        digest = words_digest(response)
        if not digest:
            return "show no words", True
        visit = visit_of(self._crawler)
        known = accepted(visit.marks, url, digest, visit.approved_at)
        return ("" if known else "changed; read them and approve the source anew, or suspend it"), True
