"""Asking for a page only if it changed since its posts were kept (RFC 9110, section 13.1)."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawlers.policy.visit import ROBOTS, TERMS

CONDITIONS = ("If-None-Match", "If-Modified-Since")


class Changed:
    """Gives each request the conditions that are remembered of its own address, and none of another's.

    A redirect carries a request's headers along: what one address said is never told to another. What is sent back is
    what the page itself gave, no more than a browser's cache sends; there are no cookies beside it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set the conditions under which the page is wanted."""
        for name in CONDITIONS:
            request.headers.pop(name, None)
        if request.meta.get(ROBOTS) or request.meta.get(TERMS):
            return
        marks = getattr(getattr(self._crawler.spider, "keeper", None), "marks", None)
        if marks is not None:
            for name, value in marks.conditions(request.url).items():
                request.headers[name] = value
