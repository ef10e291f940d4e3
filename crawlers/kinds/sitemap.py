"""Sites by their sitemap: the pages that it lists, newest first, and the article on each."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree
from parsel import Selector
from scrapy import Request
from scrapy.http import Response, XmlResponse

from crawlers.found import Follow, Found, links
from crawlers.keeping import Page
from crawlers.kinds.board import HtmlCollector
from crawlers.listing import in_turn
from crawlers.reading import article
from crawlers.reading.markup import html_text, page_of, readable
from crawlers.reading.places import place

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 10_000_000
"""Of a sitemap, unpacked."""
_MOST_ENTRIES = 50_000
"""Of a sitemap, by its protocol."""
_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
Entry = tuple[str, datetime | None]
"""A page's address, and when the sitemap says that it last changed."""


class Sitemap(HtmlCollector):
    """From sitemap indexes to sitemaps to pages. An article's address is its name."""

    kind = "sitemap"

    def arrived(self, response: Response, step: str) -> Iterator[Page | Request]:
        """Take an answer; a packed sitemap is unpacked first, within bounds."""
        if step == "parse" and response.body.startswith(_GZIP):
            response = response.replace(cls=XmlResponse, body=unpacked(response.body))
        yield from super().arrived(response, step)

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the sitemaps of an index and the pages of a sitemap, those that changed last first."""
        root = _root(response.body)
        if root is None:
            self.visit.tally.errors["reading: no sitemap"] += 1
            return
        since = self.since(response.url)
        sitemaps, pages = self._parse_entries(root, "sitemap"), self._parse_entries(root, "url")
        self.reached(response.url, max((last.isoformat() for _, last in sitemaps + pages if last), default=""))
        onward = [url for url, _ in _changed(sitemaps, since)][: self.declaration.max_pages]
        asked = [entry for entry in _changed(pages, since) if self._asked_for(entry[0])]
        yield from in_turn(self, self._parse_pages(response, asked), links(response, onward, "parse"))

    def address_of(self, external_id: str, url: str) -> str:  # noqa: ARG002 - a page's address is all there is
        """Return where one post is asked for by itself: only within the declared paths, whatever its page says."""
        return url if self._asked_for(url) else ""

    def parse_article(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the article of a page: where the declaration's selectors say, else where the extractor finds it."""
        page = page_of(response)
        told = article.told_of(page)
        if article.behind_a_wall(page, told):
            self.visit.tally.dropped["not free to read"] += 1
            return
        if self.declaration.selectors is not None:
            yield from self._declared(response)
            return
        words = article.best_html(self._parse_words(response), page, told)
        kept = {name: read(page, told) for name, read in _READ.items()}
        capture = self.capture(response, article.as_capture(words, kept), "application/json")
        yield from self.found(self._article_fields(response, page, told, words), capture)

    def _declared(self, response: Response) -> Iterator[Found | Follow]:
        # Without a name of its own, an item is the page's one article and has the page's address for a name.
        named = bool(self.selectors.id or self.selectors.link)
        yield from islice(self.items(response, "parse_article"), None if named else 1)

    def fields(self, item: Selector, heading: str, response: Response) -> dict[str, object]:
        """Return the fields of one post but its text."""
        address = self._parse_address(response)
        fields = super().fields(item, heading, response)
        named = fields["external_id"] or fields["url"]
        return fields if named else fields | {"external_id": address, "url": address}

    def _article_fields(self, response: Response, page: Selector, told: article.Told, words: str) -> dict[str, object]:
        return {
            "text": html_text(words),
            "external_id": self._parse_address(response),
            "url": self._parse_address(response),
            "title": article.title_of(page, told),
            "author": article.author_of(page, told),
            "posted_at": self.moment(article.moment_of(page, told)),
            **place(article.subjects_of(page, told), self.declaration.region),
        }

    def _parse_words(self, response: Response) -> str:
        try:
            return article.article_html(readable(response).text)
        except Exception as error:  # noqa: BLE001 - the extractor lets odd errors of its own out on broken pages
            self.visit.tally.errors[f"reading: {type(error).__name__}"] += 1
            return ""

    def _parse_address(self, response: Response) -> str:
        return response.url.partition("#")[0]

    def _parse_entries(self, root: etree._Element, name: str) -> list[Entry]:
        listed: list[Entry] = []
        for entry in root.iterfind(f"{{*}}{name}"):
            if len(listed) == _MOST_ENTRIES:
                break
            url = (entry.findtext("{*}loc") or "").strip()
            listed += [(url, self.moment(entry.findtext("{*}lastmod") or ""))] if url else []
        return sorted(listed, key=lambda one: one[1] or _LONG_AGO, reverse=True)

    def _parse_pages(self, response: Response, entries: list[Entry]) -> Iterator[Follow]:
        for url, last in entries:
            for one in links(response, [url], "parse_article"):
                yield replace(one, as_of=last.isoformat() if last else "")

    def _asked_for(self, url: str) -> bool:
        try:
            path = urlsplit(url).path or "/"
        except ValueError:
            return False
        return not self.declaration.only_paths or path.startswith(tuple(self.declaration.only_paths))


_READ = {"headline": article.title_of, "author": article.author_of, "datePublished": article.moment_of}


def _changed(entries: list[Entry], since: str) -> list[Entry]:
    # Many sitemaps write days only: what changed on the very moment is asked for once more.
    return [(url, last) for url, last in entries if not (since and last) or last.isoformat() >= since]


def unpacked(body: bytes) -> bytes:
    """Return what a gzip file holds, up to 10 MB and up to where it is broken."""
    worker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return worker.decompress(body, _MOST_BYTES)
    except zlib.error:
        return b""


def _root(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(body[:_MOST_BYTES], parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
