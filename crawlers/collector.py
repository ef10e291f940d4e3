"""What every collector shares: the walk from page to page, the walls it stops at, and how a post is put together."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, ClassVar

from pydantic import ValidationError
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.policy.gate import media_type
from crawlers.policy.settings import POLICY_VERSION
from crawlers.policy.visit import Refused, Visit, kind_of
from crawlers.policy.walls import WALL_STATUSES, looks_binary, wall_in
from crawlers.reading.dates import read_moment
from crawlers.sources.declaration import SourceDeclaration
from store.clock import Clock, system_clock
from store.intake import Intake
from store.records import CaptureIn, PostIn

Found = tuple[PostIn, CaptureIn]
Keep = Callable[[list[Found]], list[Intake]]
"""Keeps posts and says of each whether it was new, edited or known."""
_SHORT = 500
_SHORT_FIELDS = frozenset({"external_id", "title", "author", "city", "region"})
_ENDS = {
    "memusage_exceeded": "the collector's memory bound was reached",
    "shutdown": "told to stop",
}


@dataclass(frozen=True, slots=True)
class Follow:
    """A page to ask for next, read by the collector's method named `step`."""

    url: str
    step: str = "parse"


@dataclass
class Page:
    """The posts of one page, kept in one transaction."""

    posts: list[Found]


def make_post(**fields: Any) -> PostIn | None:
    """Return a post, its short fields cut to what is kept; None when there is no text or a value cannot be used."""
    for name in _SHORT_FIELDS & fields.keys():
        fields[name] = " ".join(str(fields[name]).split())[:_SHORT]
    fields["text"] = str(fields.get("text", ""))[:1_000_000]
    if len(str(fields.get("url", ""))) > 2000:
        fields["url"] = ""
    try:
        return PostIn.model_validate(fields)
    except ValidationError:
        return None


class Collector(Spider):
    """A Scrapy spider for one declared source; subclasses say how a page of their kind is read."""

    name = "vigie"
    kind: ClassVar[str] = ""
    """The kind of source in a declaration."""

    declaration: SourceDeclaration

    def __init__(
        self,
        declaration: SourceDeclaration,
        visit: Visit | None = None,
        keep: Keep = lambda _posts: [],
        clock: Clock = system_clock,
    ) -> None:
        super().__init__()
        self.declaration = declaration
        self.visit = visit or Visit(declaration, lambda: None)
        self.keep = keep
        self.clock = clock

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Collector:
        """Make the spider and have it told of its own failures."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.parser_failed, signal=signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield the requests for the declared start pages."""
        for url in self.declaration.start_urls:
            yield self._request(Follow(url))

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield a page's posts with their captures, and the pages to ask for next; never raise on bad input."""
        raise NotImplementedError

    def arrived(self, response: Response, step: str) -> Iterator[Page | Request]:
        """Take an answer: stop at a wall, else keep the page's posts and follow its links."""
        self.visit.tally.pages += 1
        if not isinstance(response, TextResponse) or looks_binary(response.body):
            self.visit.tally.dropped["not text"] += 1
            return
        read = [] if response.status in WALL_STATUSES else list(getattr(self, step)(response))
        page = Page([one for one in read if not isinstance(one, Follow)])
        wall = "" if read else wall_in(response)
        if wall:
            self.visit.stop(self.crawler, f"{wall} at {response.url}: Vigie does not go further")
            return
        yield page
        yield from (self._request(one) for one in read if isinstance(one, Follow))

    def capture(self, response: Response, content: bytes, content_type: str) -> CaptureIn:
        """Return the capture of one post: its piece of the response, and the digest of the whole."""
        return CaptureIn(
            url=response.url,
            fetched_at=self.clock(),
            content=content,
            content_type=content_type,
            response_sha256=hashlib.sha256(response.body).hexdigest(),
            collector=f"vigie/{version('vigie')} {self.kind} policy/{POLICY_VERSION}",
        )

    def found(self, fields: Mapping[str, Any], capture: CaptureIn) -> Iterator[Found]:
        """Yield the post that the fields make, or count that they make none."""
        post = make_post(**{"kind": self.declaration.post_kind, "region": self.declaration.region, **fields})
        if post is None:
            self.visit.tally.dropped["no text"] += 1
        else:
            yield post, capture

    def moment(self, text: str, form: str = "") -> datetime | None:
        """Return the moment that a page's text names, or None."""
        return read_moment(text, zone=self.declaration.timezone, now=self.clock(), form=form)

    def failed(self, failure: Failure) -> None:
        """Count a request that was not sent, or that was not answered as it should."""
        error, tally = failure.value, self.visit.tally
        if isinstance(error, Refused) and error.kind == "robots":
            tally.robots += 1
        elif isinstance(error, Refused):
            tally.dropped[error.kind] += 1
        elif isinstance(error, StopDownload):
            kind = media_type(error.response.headers)[:60] if error.response else ""
            tally.dropped[f"type {kind or 'none'}"] += 1
        elif isinstance(error, HttpError):
            tally.errors[f"http {error.response.status}"] += 1
        else:
            tally.errors[kind_of(error)] += 1

    def parser_failed(self, failure: Failure) -> None:
        """Count an error of our own in reading a page; Scrapy has logged it."""
        self.visit.tally.errors[f"reading: {type(failure.value).__name__}"] += 1

    def _request(self, follow: Follow) -> Request:
        return Request(
            follow.url,
            callback=self.arrived,
            errback=self.failed,
            cb_kwargs={"step": follow.step},
            meta={"handle_httpstatus_list": sorted(WALL_STATUSES)},
        )

    def closed(self, reason: str) -> None:
        """Say why Scrapy ended the collection, if it was for a bound of the policy."""
        if reason != "finished" and not self.visit.stopped:
            self.visit.stopped = _ENDS.get(reason, reason)


def links(response: Response, hrefs: list[str], step: str = "parse") -> Iterator[Follow]:
    """Yield the web pages that the hrefs of a page lead to; what is no web address is left out."""
    for href in hrefs:
        try:
            url = response.urljoin(href.strip())
            Request(url)
        except ValueError:
            continue
        if url.startswith(("http://", "https://")):
            yield Follow(url.partition("#")[0], step)
