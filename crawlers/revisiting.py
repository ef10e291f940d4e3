"""Asking, after a walk, for posts that it did not meet: one after the other, within a small budget.

A wall ends the asking, and a supervisor is told, as on the walk. There a page that shows posts is none, whatever form
for logging in stands beside them. A kind need not be able to read a post's own page; so what good pages show is
remembered (`note_signs`), and is no wall on the page of a post either, unless another page stands in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from crawlers.failures import GONE
from crawlers.keeping import Page
from crawlers.policy.visit import Visit
from crawlers.policy.walls import WALL_STATUSES, alert_of, wall_in
from crawlers.unmet import Address, Unmet, budget

if TYPE_CHECKING:
    from crawlers.collector import Collector

UNCHANGED = 304
"""Status of an answer that says: as you know it."""
_MOVED = frozenset({301, 308})
"""Statuses that say: for good elsewhere. The others lead to maintenance, consent and log-in pages too."""


_SIGNS = "signs"
"""Mark of what looks like a wall on the source's good pages, such as a form for logging in beside the posts."""


def note_signs(visit: Visit, response: Response) -> None:
    """Remember, of a page that shows posts, what looks like a wall on it and is none."""
    visit.marks.write(_SIGNS, wall_in(response))


class Revisiting:
    """The part of a collection in which posts are asked for by themselves."""

    def __init__(self, collector: Collector, unmet: Unmet) -> None:
        self._collector, self._unmet = collector, unmet
        self._waiting: list[Address] = []

    def begin(self) -> bool:
        """Ask for the first address; tell whether there is any."""
        visit = self._collector.visit
        most = budget(visit.declaration.max_pages, visit.requested)
        self._waiting = self._unmet.addresses(self._collector.address_of, most)
        return self._next()

    def _next(self) -> bool:
        engine = self._collector.crawler.engine
        if not self._waiting or engine is None or self._collector.visit.stopped:
            return False
        asked = self._waiting.pop(0)
        request = Request(
            asked.url,
            callback=self._arrived,
            errback=self._failed,
            cb_kwargs={"asked": asked},
            meta={"handle_httpstatus_list": sorted(WALL_STATUSES | GONE | {UNCHANGED})},
            dont_filter=True,
        )
        engine.crawl(request)  # not as the answer of a page: no page led here, so no bound on depth counts
        return True

    def _arrived(self, response: Response, asked: Address) -> None:
        """Take an answer: deleted, there still, edited, or one that tells nothing. A wall is never a deletion."""
        one = self._collector
        one.visit.tally.pages += 1
        ids, page = asked.posts.values(), Page()
        if one.is_gone(response):
            one.visit.tally.gone += self._unmet.missing(ids)
        elif response.status == UNCHANGED and _led_to(response, asked):
            self._unmet.shown(ids)
        elif response.status != UNCHANGED and self._tells_nothing(response, asked):
            self._unmet.unseen(ids)
        else:
            page = self._read(response, asked)
        one.visit.tally.count(one.keeper.keep(page))
        self._next()

    def _tells_nothing(self, response: Response, asked: Address) -> bool:
        wall = "" if response.status in GONE else wall_in(response)
        if isinstance(response, TextResponse) and response.status not in GONE and not wall:
            return False
        if wall and self._stands_between(wall, response, asked):
            # Not which address: a run's report outlasts the post, whose it would be.
            note = f"{wall} at a post's own address: no further post was asked for by itself"
            self._collector.visit.note(note)
            self._waiting = []
            if wall != f"a refusal ({response.status})":  # that may be about the one post
                self._collector.visit.alert(alert_of(wall), note)
        return True

    def _stands_between(self, wall: str, response: Response, asked: Address) -> bool:
        usual = self._collector.visit.marks.read(_SIGNS)
        own = response.status not in WALL_STATUSES and _led_to(response, asked)
        return not (own and usual is not None and usual.value == wall)

    def _read(self, response: Response, asked: Address) -> Page:
        """Return what the page shows of the posts; one that stands elsewhere is another page, unless they are on it."""
        one = self._collector
        page = Page(list(one.reread(response)), response.url, leads=True)
        if _led_to(response, asked) or any(post.key in asked.posts for post, _ in page.posts):
            self._note_shown(page, asked)
            return page
        if _MOVED.issuperset(response.meta.get("redirect_reasons", [0])):
            one.visit.tally.gone += self._unmet.missing(asked.posts.values())
        else:
            self._unmet.unseen(asked.posts.values())
        return Page()

    def _note_shown(self, page: Page, asked: Address) -> None:
        """Note who is there; where a kind cannot read such a page, that it answers is all there is to know."""
        found = {post.key for post, _ in page.posts}
        missed = [identity for name, identity in asked.posts.items() if name not in found]
        if found:
            self._unmet.unseen(missed)
        else:
            self._unmet.shown(missed)

    def _failed(self, failure: Failure) -> None:
        self._collector.failed(failure)
        self._unmet.unseen(failure.request.cb_kwargs["asked"].posts.values())  # type: ignore[attr-defined] # Scrapy's
        self._next()


def _led_to(response: Response, asked: Address) -> bool:
    """Tell whether an answer is of the page that was asked for, if by another way of writing its address."""
    return _path(response.url) == _path(asked.url)


def _path(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/").casefold()
