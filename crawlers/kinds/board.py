"""Boards of classified ads: paginated HTML, read by the declaration's selectors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urljoin

from parsel import Selector
from scrapy.http import Response

from crawlers.collector import Collector
from crawlers.found import Follow, Found, links
from crawlers.reading.markup import cut, page_of, text_of, trimmed
from crawlers.reading.selectors import find, first
from crawlers.sources.declaration import Selectors
from nlp.cities import canonical_city, region_of

_MOST_TIMES, _SMALL = 5, 100_000
"""The pieces are together at most so many times the page's length: items within items could be a thousandfold."""


class HtmlCollector(Collector):
    """What boards and forums share: one selector a field, looked for inside the item."""

    @property
    def selectors(self) -> Selectors:
        """Return the declaration's selectors."""
        if self.declaration.selectors is None:
            raise TypeError("a board or forum is declared with selectors")
        return self.declaration.selectors

    def items(self, response: Response, step: str) -> Iterator[Found | Follow]:
        """Yield the posts of a page in the page's order, then its next page, to be read by the same step."""
        page = page_of(response)
        heading = first(page, self.selectors.thread_title, text_of)
        left = _MOST_TIMES * len(response.body) + _SMALL
        for item in find(page, self.selectors.item):
            own = trimmed(item, self.selectors.without)
            piece = cut(own)
            left -= len(piece)
            if left < 0:
                self.visit.tally.dropped["posts within posts"] += 1
                break
            fields = self.fields(item, heading, response) | {"text": self._parse_text(own)}
            yield from self.found(fields, self.capture(response, piece, "text/html; charset=utf-8"))
        yield from self.next_page(page, response, step)

    def fields(self, item: Selector, heading: str, response: Response) -> dict[str, object]:
        """Return the fields of one post but its text."""
        return {
            "external_id": self._parse_id(item),
            "url": self._parse_link(item, response),
            "title": self._parse_title(item, heading),
            "author": self._parse_author(item),
            "city": self._parse_city(item),
            "region": self._parse_region(item),
            "posted_at": self._parse_posted_at(item),
        }

    def next_page(self, page: Selector, response: Response, step: str) -> Iterator[Follow]:
        """Yield the link to the next page, if there is one."""
        hrefs = [text_of(link) for link in find(page, self.selectors.next)[:1]]
        yield from links(response, hrefs, step)

    def _parse_text(self, own: Selector) -> str:
        return "\n".join(filter(None, map(text_of, find(own, self.selectors.text))))

    def _parse_id(self, item: Selector) -> str:
        return first(item, self.selectors.id, text_of)

    def _parse_link(self, item: Selector, response: Response) -> str:
        try:
            link = urljoin(response.url, first(item, self.selectors.link, text_of))
        except ValueError:
            return ""
        return link if self.selectors.link and link != response.url and link.startswith("http") else ""

    def _parse_title(self, item: Selector, heading: str) -> str:
        return first(item, self.selectors.title, text_of) or heading

    def _parse_author(self, item: Selector) -> str:
        return first(item, self.selectors.author, text_of)

    def _parse_city(self, item: Selector) -> str:
        written = first(item, self.selectors.city, text_of)
        return canonical_city(written) or written

    def _parse_region(self, item: Selector) -> str:
        named = first(item, self.selectors.region, text_of)
        return named or region_of(self._parse_city(item)) or self.declaration.region

    def _parse_posted_at(self, item: Selector) -> datetime | None:
        return self.moment(first(item, self.selectors.posted_at, text_of), self.selectors.posted_at_format)


class Board(HtmlCollector):
    """Pages of items, each leading to the next."""

    kind = "board"

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the page's items and the next page."""
        yield from self.items(response, "parse")
