"""One collection as it goes: what it may do, what it counted, and why it stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import IgnoreRequest

from crawlers.policy.remembered import Marks, PassingMarks
from crawlers.sources.declaration import SourceDeclaration
from store.alerts import AlertKind
from store.intake import Intake

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

ROBOTS = "vigie_robots"
"""Mark on our own requests for robots.txt; a redirect keeps it."""
TERMS = "vigie_terms"
"""Mark on our own requests for a source's terms."""
ONWARD = "vigie_onward"
"""Mark on the request for the one page that a page of what a list tells of leads to."""
_MOST_KINDS = 50

_ERROR_KINDS = {
    "DownloadTimeoutError": "timeout",
    "DownloadConnectionRefusedError": "connection refused",
    "CannotResolveHostError": "no public address",
    "DownloadCancelledError": "too large",
    "DownloadFailedError": "connection lost",
    "ResponseDataLossError": "connection lost",
    "IgnoreRequest": "too many redirects",
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


class Kinds(Counter[str]):
    """Counts by kind; a server that makes up ever new kinds has them counted as ``other``."""

    def __setitem__(self, kind: str, count: int) -> None:
        if kind not in self and len(self) >= _MOST_KINDS:
            kind, count = "other", self["other"] + 1
        super().__setitem__(kind, count)


@dataclass
class Tally:
    """What a collection counted. `dropped` and `errors` count by kind."""

    pages: int = 0
    new: int = 0
    edited: int = 0
    same: int = 0
    unchanged: int = 0
    """Pages that answered that nothing changed since their posts were kept."""
    gone: int = 0
    """Posts found to be deleted at the source."""
    robots: int = 0
    dropped: Kinds = field(default_factory=Kinds)
    errors: Kinds = field(default_factory=Kinds)

    def count(self, intakes: Iterable[Intake]) -> None:
        """Count posts as they came in."""
        found = Counter(intakes)
        self.new, self.edited, self.same = (
            self.new + found["new"],
            self.edited + found["edited"],
            self.same + found["same"],
        )
        if found["quarantined"]:
            self.dropped["quarantined"] += found["quarantined"]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**vars(self), "dropped": dict(self.dropped), "errors": dict(self.errors)}


@dataclass
class Visit:
    """The state that the policy's parts share during one collection.

    `check_leave` raises a `VigieError` as soon as the approval no longer holds; it is called before each request.
    `delays` are the seconds between requests that hosts ask for in robots.txt. `approved_at` is when the leave was
    given that the collection stands on. `alerts` are for the supervisors.
    """

    declaration: SourceDeclaration
    check_leave: Callable[[], None]
    approved_at: datetime | None = None
    marks: Marks = field(default_factory=PassingMarks)
    tally: Tally = field(default_factory=Tally)
    delays: dict[str, float] = field(default_factory=dict)
    requested: int = 0
    received: int = 0
    """Bytes of all answers' bodies, as they came over the wire."""
    stopped: str = ""
    notes: list[str] = field(default_factory=list)
    alerts: list[tuple[AlertKind, str]] = field(default_factory=list)
    ends_at: float = 0.0
    """End of the collection on the monotonic clock."""
    _closing: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.ends_at = self.ends_at or monotonic() + self.declaration.max_minutes * 60

    @property
    def left(self) -> int:
        """Return how many pages the page budget leaves."""
        return self.declaration.max_pages - self.requested

    def note(self, message: str) -> None:
        """Keep a line for the report, once."""
        if message not in self.notes:
            self.notes.append(message)

    def note_budget(self) -> None:
        """Say in the report that the page budget left links out."""
        self.note(f"max_pages reached: {self.declaration.max_pages}")

    def alert(self, kind: AlertKind, message: str) -> None:
        """Have the supervisors told, once a kind."""
        if all(kind != told for told, _ in self.alerts):
            self.alerts.append((kind, message))

    def stop(self, crawler: Crawler, reason: str, kind: AlertKind | None = None) -> None:
        """End the collection: no request is sent from now on; with a `kind` the supervisors are told why."""
        if self.stopped:
            return
        self.stopped = reason
        if kind is not None:
            self.alert(kind, reason)
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
