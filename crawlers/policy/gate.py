"""The gate each request passes: allowed hosts and budgets; and on the way back, text types only."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import StopDownload
from scrapy.http import Headers, HtmlResponse, Response, TextResponse

from crawlers.policy.settings import MOST_BYTES
from crawlers.policy.visit import ROBOTS, TERMS, Refused, visit_of
from crawlers.policy.walls import WALL_STATUSES
from crawlers.sources.declaration import host_allowed

TEXT_TYPES = frozenset({
    "text/html", "application/xhtml+xml", "text/xml", "application/xml", "application/rss+xml", "application/atom+xml",
    "application/rdf+xml", "application/json", "application/activity+json", "application/ld+json", "text/plain",
})  # fmt: skip
PACKED_TYPES = frozenset({"application/gzip", "application/x-gzip"})
"""What sitemaps may be sent as that are files packed by themselves."""


def media_type(headers: Headers) -> str:
    """Return the media type that an answer declares, without its parameters."""
    value = headers.get(b"Content-Type") or b""
    return value.decode("latin-1").partition(";")[0].strip().lower()


class Gate:
    """Lets a request pass only to the declared hosts and within the budgets, also after each redirect."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._most_bytes = crawler.settings.getint(MOST_BYTES)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the gate and have it see the headers of each answer before its body, and the body as it comes."""
        gate = cls(crawler)
        crawler.signals.connect(gate.headers_received, signal=signals.headers_received)
        crawler.signals.connect(gate.bytes_received, signal=signals.bytes_received)
        return gate

    def process_request(self, request: Request) -> None:
        """Refuse what may not be sent."""
        visit = visit_of(self._crawler)
        if visit.stopped:
            raise Refused("stopped", visit.stopped)
        if not host_allowed(request.url, visit.declaration.allowed_hosts):
            raise Refused("host not allowed", f"{request.url} is on no allowed host")
        if not request.meta.get(ROBOTS) and not request.meta.get(TERMS):
            self._spend(request)

    def _spend(self, request: Request) -> None:
        visit = visit_of(self._crawler)
        if visit.requested >= visit.declaration.max_pages:
            visit.note_budget()
            raise Refused("over max_pages", request.url)
        visit.requested += 1

    def headers_received(self, headers: Headers, body_length: int, request: Request) -> None:
        """Break off an answer that declares no text type, before its body is read."""
        if body_length == 0 or request.meta.get(ROBOTS):
            return
        if media_type(headers) not in TEXT_TYPES and not self._packed_sitemap(headers, request):
            raise StopDownload(fail=True)

    def _packed_sitemap(self, headers: Headers, request: Request) -> bool:
        named = urlsplit(request.url).path.lower().endswith(".gz")
        kind = visit_of(self._crawler).declaration.kind
        return named and kind == "sitemap" and media_type(headers) in PACKED_TYPES

    def bytes_received(self, data: bytes) -> None:
        """Break off where the bytes of the whole collection are spent."""
        visit = visit_of(self._crawler)
        visit.received += len(data)
        if visit.received > self._most_bytes:
            visit.stop(self._crawler, f"VIGIE_MAX_COLLECTION_BYTES reached: {self._most_bytes}")
            raise StopDownload(fail=True)

    def process_response(self, request: Request, response: Response) -> Response:
        """Hand on a wall as a page, whatever it says it is, so that the collector sees it."""
        if response.status in WALL_STATUSES and not isinstance(response, TextResponse):
            return _bare(request, response)
        return response

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Let what an answer says by its status be heard though its body was left unread.

        A refusal, a redirect or "too many requests" counts whatever type its body is of.
        """
        answer = exception.response if isinstance(exception, StopDownload) else None
        if answer is None or visit_of(self._crawler).stopped or 200 <= answer.status < 300:
            return None
        return _bare(request, answer)


def _bare(request: Request, answer: Response) -> Response:
    return HtmlResponse(answer.url, status=answer.status, headers=answer.headers, request=request, encoding="utf-8")


class Redirects(RedirectMiddleware):
    """Scrapy's redirects, each of which comes back to the gate as a request of its own, without a Referer."""

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002 - Scrapy's signature
        """Take any Referer away."""
        request.headers.pop("Referer", None)
