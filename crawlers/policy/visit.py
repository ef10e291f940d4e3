"""One collection as it goes: what it may do, what it counted, and why it stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import IgnoreRequest

from crawlers.sources.declaration import SourceDeclaration
from store.intake import Intake

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

ROBOTS = "vigie_robots"
"""Mark on our own requests for robots.txt; a redirect keeps it."""

_ERROR_KINDS = {
    "DownloadTimeoutError": "timeout",
    "DownloadConnectionRefusedError": "connection refused",
    "CannotResolveHostError": "no public address",
    "DownloadCancelledError": "too large",
    "DownloadFailedError": "connection lost",
    "ResponseDataLossError": "connection lost",
    "IgnoreRequest": "redirects or size",
}


def kind_of(error: BaseException | None) -> str:
    """Return how a failed download is counted and told."""
    name = type(error).__name__
    return _ERROR_KINDS.get(name, name)


class Refused(IgnoreRequest):
    """A request that the policy does not send, or an answer that it does not keep; `kind` is what is counted."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass
class Tally:
    """What a collection counted. `dropped` and `errors` count by kind."""

    pages: int = 0
    new: int = 0
    edited: int = 0
    same: int = 0
    robots: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def count(self, intakes: Iterable[Intake]) -> None:
        """Count posts as they came in."""
        found = Counter(intakes)
        self.new, self.edited, self.same = (
            self.new + found["new"],
            self.edited + found["edited"],
            self.same + found["same"],
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**vars(self), "dropped": dict(self.dropped), "errors": dict(self.errors)}


@dataclass
class Visit:
    """The state that the policy's parts share during one collection.

    `check_leave` raises a `VigieError` as soon as the approval no longer holds; it is called before each request.
    `delays` are the seconds between requests that hosts ask for in robots.txt.
    """

    declaration: SourceDeclaration
    check_leave: Callable[[], None]
    tally: Tally = field(default_factory=Tally)
    delays: dict[str, float] = field(default_factory=dict)
    requested: int = 0
    stopped: str = ""
    notes: list[str] = field(default_factory=list)
    ends_at: float = 0.0
    """End of the collection on the monotonic clock."""
    _closing: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.ends_at = self.ends_at or monotonic() + self.declaration.max_minutes * 60

    def note(self, message: str) -> None:
        """Keep a line for the report, once."""
        if message not in self.notes:
            self.notes.append(message)

    def stop(self, crawler: Crawler, reason: str) -> None:
        """End the collection: no request is sent from now on."""
        if self.stopped:
            return
        self.stopped = reason
        engine = crawler.engine
        if engine is not None and engine.spider is not None:
            # Kept on the object so that the task is not collected before it has run.
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="stopped"))


def visit_of(crawler: Crawler) -> Visit:
    """Return the collection that a crawler serves."""
    visit = getattr(crawler.spider, "visit", None)
    if not isinstance(visit, Visit):
        raise TypeError("a collection without its Visit sends nothing")
    return visit
