"""What every collector shares: the walk from page to page, the walls it stops at, and what each answer counts as."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, ClassVar

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from crawlers.failures import GONE, cannot_be_read, count_failure, leaves_nothing_out
from crawlers.found import Follow, Found, make_post
from crawlers.keeping import Keep, Keeper, Page
from crawlers.marks import Listed, seen_in
from crawlers.policy.changed import CONDITIONS
from crawlers.policy.settings import POLICY_VERSION
from crawlers.policy.visit import ONWARD, Visit
from crawlers.policy.walls import WALL_STATUSES, alert_of, looks_binary, wall_in
from crawlers.reading.dates import read_moment
from crawlers.revisiting import UNCHANGED, Revisiting, note_signs
from crawlers.sources.declaration import SourceDeclaration
from store.clock import Clock, system_clock
from store.records import CaptureIn

KNOWN_PAGES_END = 2
"""Pages one after the other that list nothing new, after which a listing is walked no further."""
_KNOWN, _LISTED = "vigie_known_pages", "vigie_listed"
_VERSION = version("vigie")
_ENDS = {
    "memusage_exceeded": "the collector's memory bound was reached",
    "shutdown": "told to stop",
}


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
        keep: Keep | Keeper = lambda _posts: [],
        clock: Clock = system_clock,
    ) -> None:
        super().__init__()
        self.declaration = declaration
        self.visit = visit or Visit(declaration, lambda: None)
        self.keeper = keep if isinstance(keep, Keeper) else Keeper(keep)
        self.clock = clock
        self._whole = True
        self._revisiting: Revisiting | None = None
        self._signed = False
        self._digested: tuple[Response, str] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Collector:
        """Make the spider and have it told of its own failures."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.parser_failed, signal=signals.spider_error)
        crawler.signals.connect(spider.walked, signal=signals.spider_idle)
        return spider

    @classmethod
    def first_requests(cls, declaration: SourceDeclaration) -> list[str]:
        """Return the addresses that a collection asks for first."""
        return list(declaration.start_urls)

    async def start(self) -> AsyncIterator[Request]:
        """Yield the requests for the first pages."""
        for url in self.first_requests(self.declaration):
            yield self._request(Follow(url))

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield a page's posts with their captures, and the pages to ask for next; never raise on bad input."""
        raise NotImplementedError

    def since(self, name: str, *, beside: bool = False) -> str:
        """Return the id up to which an earlier whole walk has read what `name` stands for; empty: read it all.

        `name` is a start page's address. What comes back is what `reached` was told in the last collection that read
        everything down to the id of before: one that was killed, met an error, or ran into its page budget changes
        nothing, so that the next one reads what it left out. `beside` if it is asked for beside what is walked anyhow.
        """
        return self.keeper.marks.since(name, beside=beside) if self.keeper.marks else ""

    def reached(self, name: str, value: str) -> None:
        """Say the newest id that this collection has met under `name`; of several the first counts."""
        if self.keeper.marks and value:
            self.keeper.marks.reach(name, value)

    def address_of(self, external_id: str, url: str) -> str:  # noqa: ARG002 - for kinds that know a better one
        """Return where one post is asked for by itself; empty: nowhere."""
        return url

    def reread(self, response: Response) -> Iterator[Found]:  # noqa: ARG002 - for kinds that can
        """Yield the posts on the page at which one was asked for by itself; none where the kind cannot read it."""
        return iter(())

    def is_gone(self, response: Response) -> bool:
        """Tell whether the answer at a post's own address says that the post is not there."""
        return response.status in GONE

    def arrived(self, response: Response, step: str) -> Iterator[Page | Request]:
        """Take an answer: stop at a wall, else keep the page's posts and follow its links."""
        self.visit.tally.pages += 1
        if response.status == UNCHANGED:
            self._unchanged(response)
            return
        if not isinstance(response, TextResponse) or looks_binary(response.body):
            self.visit.tally.dropped["not text"] += 1
            self._pass(response.request)
            return
        read = [] if response.status in WALL_STATUSES else list(getattr(self, step)(response))
        wall = "" if read else wall_in(response)
        if wall:
            reason = f"{wall} at {response.url}: Vigie does not go further"
            self.visit.stop(self.crawler, reason, alert_of(wall))
            return
        follow = [one for one in read if isinstance(one, Follow)]
        posts = [one for one in read if not isinstance(one, Follow)]
        if posts and not self._signed:
            note_signs(self.visit, response)
            self._signed = True
        listed = _listed(response)
        known = self._kept(Page(posts, response.url, seen_in(response), leads=bool(follow), listed=listed), response)
        if known < KNOWN_PAGES_END:
            for one in follow:
                request = self._request(one)
                request.meta[_KNOWN] = known
                if listed is not None:
                    request.meta.update({_LISTED: listed, ONWARD: len(follow) == 1})
                yield request

    def walked(self) -> None:
        """Once no page waits any more: remember the walk if it missed nothing, then ask for posts that it did not meet.

        Scrapy calls this, again and again, while nothing is under way.
        """
        if self._revisiting or self.visit.stopped or not self.keeper.unmet:
            return
        if self.keeper.marks and self._missed_nothing():
            bounded = any(note.startswith("max_pages") for note in self.visit.notes)
            self.keeper.marks.end_walk(bounded=bounded)
        self._revisiting = Revisiting(self, self.keeper.unmet)
        if self._revisiting.begin():
            raise DontCloseSpider

    def capture(self, response: Response, content: bytes, content_type: str) -> CaptureIn:
        """Return the capture of one post: its piece of the response, and the digest of the whole."""
        return CaptureIn(
            url=response.url,
            fetched_at=self.clock(),
            content=content,
            content_type=content_type,
            response_sha256=self._digest(response),
            collector=f"vigie/{_VERSION} {self.kind} policy/{POLICY_VERSION}",
        )

    def _digest(self, response: Response) -> str:
        # A page of a thousand posts has a thousand captures: its digest is taken once.
        if self._digested is None or self._digested[0] is not response:
            self._digested = (response, hashlib.sha256(response.body).hexdigest())
        return self._digested[1]

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
        count_failure(self.visit.tally, failure.value)
        self._whole &= leaves_nothing_out(failure.value)
        if cannot_be_read(failure.value):
            self._pass(getattr(failure, "request", None))

    def parser_failed(self, failure: Failure) -> None:
        """Count an error of our own in reading or keeping a page; Scrapy has logged it."""
        self.visit.tally.errors[f"reading: {type(failure.value).__name__}"] += 1
        self._whole = False

    def _kept(self, page: Page, response: Response) -> int:
        """Keep a page; return how many pages one after the other, it being the last of them, list nothing new."""
        self.visit.tally.count(self.keeper.keep(page))
        return response.meta.get(_KNOWN, 0) + 1 if page.posts and self.keeper.known_ground(page) else 0

    def _pass(self, request: Request | None) -> None:
        if request is not None and _LISTED in request.meta:
            self.keeper.passed(request.meta[_LISTED])

    def _unchanged(self, response: Response) -> None:
        """Take an answer that says that nothing is new; it says nothing unless we asked so."""
        if response.request and any(name in response.request.headers for name in CONDITIONS):
            self.visit.tally.unchanged += 1
            self.keeper.unchanged(response.url, _listed(response))
        else:
            self.visit.tally.errors[f"http {UNCHANGED}"] += 1
            self._whole = False

    def _missed_nothing(self) -> bool:
        tally, notes = self.visit.tally, self.visit.notes
        read = not any(kind.startswith("reading") for kind in tally.errors)
        # What robots.txt forbids is left out for good; where it cannot be read, for this time only.
        return self._whole and read and tally.pages > 0 and not any("robots.txt" in note for note in notes)

    def _request(self, follow: Follow) -> Request:
        listed = {} if follow.as_of is None else {_LISTED: Listed(follow.url, follow.as_of)}
        return Request(
            follow.url,
            callback=self.arrived,
            errback=self.failed,
            cb_kwargs={"step": follow.step},
            meta={"handle_httpstatus_list": sorted(WALL_STATUSES | {UNCHANGED}), **listed},
        )

    def closed(self, reason: str) -> None:
        """Say why Scrapy ended the collection, if it was for a bound of the policy."""
        if reason != "finished" and not self.visit.stopped:
            self.visit.stopped = _ENDS.get(reason, reason)


def _listed(response: Response) -> Listed | None:
    return response.request.meta.get(_LISTED) if response.request else None
