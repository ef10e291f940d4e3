"""Forums: an index of threads, threads of posts, both over several pages; read by the declaration's selectors."""

from __future__ import annotations

from collections.abc import Iterator

from scrapy.http import Response

from crawlers.found import Follow, Found, links
from crawlers.kinds.board import HtmlCollector
from crawlers.reading.markup import page_of, text_of
from crawlers.reading.selectors import find


class Forum(HtmlCollector):
    """From the index to the threads, from page to page of each."""

    kind = "forum"

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the threads of a page of the index, the indexes under it, and the next page of the index."""
        page = page_of(response)
        for selector, step in ((self.selectors.thread, "parse_thread"), (self.selectors.subforum, "parse")):
            hrefs = [text_of(link) for link in find(page, selector)]
            yield from links(response, hrefs, step)
        yield from self.next_page(page, response, "parse")

    def parse_thread(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the posts of a page of a thread, and its next page."""
        yield from self.items(response, "parse_thread")
