"""phpBB 3.x forums in prosilver, the style they come with: a forum whose selectors are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from parsel import Selector
from scrapy.http import Response

from crawlers.found import Follow, Found
from crawlers.kinds.forum import Forum
from crawlers.reading.markup import text_of
from crawlers.reading.selectors import first
from crawlers.sources.declaration import Selectors

_PAGES = "//*[contains(concat(' ', normalize-space(@class), ' '), ' pagination ')]"
PROSILVER = Selectors(
    item='div.post[id^="p"]',
    id="./@id",
    text=".content",
    without="blockquote:not(.uncited), .signature, .notice, .attachbox, .inline-attachment",
    link=".postbody h3 a::attr(href)",
    title=".postbody h3",
    author="p.author strong, .postprofile dt .username, .postprofile dt .username-coloured",
    city=".//*[contains(@class, 'postprofile')]//dd[contains(@class, 'phpbb_location')"
    " or starts-with(normalize-space(strong), 'Loca')]/text()[normalize-space()]",
    posted_at="p.author time::attr(datetime)",
    # 3.1 and later mark the link; 3.0 lists page numbers, the present one bold.
    next=f"({_PAGES}//*[contains(concat(' ', normalize-space(@class), ' '), ' next ')]/a/@href"
    f" | {_PAGES}//a[@rel='next']/@href | {_PAGES}/span/strong/following-sibling::a[1]/@href)",
    thread="a.topictitle::attr(href)",
    subforum="a.forumtitle::attr(href), a.subforum::attr(href)",
    thread_title="h2.topic-title, h2",
)
_WRITTEN = re.compile(r"»\s*(?:[^\W\d_]{2,9}\.?,?\s+)?(\S.*)")
_WRITTEN_FORMAT = "%b %d, %Y %I:%M %p"
"""phpBB's own default, ``D M d, Y g:i a``, its day of the week left out."""


class PhpBB(Forum):
    """From the board's index through its forums and subforums to the topics, from page to page of each."""

    kind = "phpbb"

    @property
    def selectors(self) -> Selectors:
        """Return where prosilver puts things."""
        return PROSILVER

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the topics of a forum's page, its subforums, and its next page."""
        yield from _without_sessions(super().parse(response))

    def parse_thread(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the posts of a page of a topic, and its next page."""
        yield from _without_sessions(super().parse_thread(response))

    def _parse_link(self, item: Selector, response: Response) -> str:
        return _without_session(super()._parse_link(item, response))

    def _parse_posted_at(self, item: Selector) -> datetime | None:
        # Before 3.3 the moment is only written out, as the board's administrator likes it.
        written = _WRITTEN.search(first(item, "p.author", text_of))
        return super()._parse_posted_at(item) or (self.moment(written.group(1), _WRITTEN_FORMAT) if written else None)


def _without_sessions(found: Iterator[Found | Follow]) -> Iterator[Found | Follow]:
    for one in found:
        yield Follow(_without_session(one.url), one.step) if isinstance(one, Follow) else one


def _without_session(url: str) -> str:
    """Return an address without the session's number, which phpBB writes anew into every link."""
    try:
        parts = urlsplit(url)
        query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "sid"]
        return urlunsplit(parts._replace(query=urlencode(query)))
    except ValueError:
        return ""
