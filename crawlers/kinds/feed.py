"""RSS and Atom feeds, and the older pages that RFC 5005 feeds lead to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser
from lxml import etree
from scrapy.http import Response

from crawlers.collector import Collector
from crawlers.found import Follow, Found, links
from crawlers.reading.article import PASSWORD_FORM
from crawlers.reading.loose import as_piece, list_at, string_at, value_at, web_address
from crawlers.reading.markup import html_text, tidy
from crawlers.reading.places import place

Entry = Any
"""A feedparser entry: a dict whose values depend on what the feed held."""
_MEDIA = ("{http://search.yahoo.com/mrss/}*", "{*}enclosure", "{*}image", "{*}logo", "{*}icon")
_CAPTURED = ("id", "link", "title", "author", "published", "updated", "summary", "content", "tags")


class Feed(Collector):
    """One page of entries; the text of an entry is its fullest content, else its summary, else its title."""

    kind = "feed"

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the feed's entries and its next page."""
        try:
            feed = feedparser.parse(io.BytesIO(response.body), response_headers=_headers(response))
        except Exception as error:  # noqa: BLE001 - feedparser lets odd errors of its own out on broken feeds
            self.visit.tally.errors[f"reading: {type(error).__name__}"] += 1
            return
        pieces = _pieces(response.body, len(feed.entries))
        for number, entry in enumerate(feed.entries):
            if _locked(entry):
                self.visit.tally.dropped["not free to read"] += 1
                continue
            content, content_type = pieces[number] if pieces else _projection(entry)
            yield from self.found(self._fields(entry), self.capture(response, content, content_type))
        hrefs = [string_at(link, "href") for link in list_at(feed.feed, "links") if string_at(link, "rel") == "next"]
        yield from links(response, hrefs)

    def _fields(self, entry: Entry) -> dict[str, object]:
        return {
            "text": self._parse_text(entry),
            "external_id": self._parse_id(entry),
            "url": self._parse_link(entry),
            "title": html_text(string_at(entry, "title")),
            "author": tidy(string_at(entry, "author")),
            "posted_at": self._parse_posted_at(entry),
            **self._parse_place(entry),
        }

    def _parse_text(self, entry: Entry) -> str:
        contents = [_markup(one) for one in list_at(entry, "content")]
        longest = max(contents, key=len, default="")
        return longest or _markup(value_at(entry, "summary_detail")) or html_text(string_at(entry, "title"))

    def _parse_id(self, entry: Entry) -> str:
        return string_at(entry, "id")

    def _parse_link(self, entry: Entry) -> str:
        return web_address(string_at(entry, "link"))

    def _parse_place(self, entry: Entry) -> dict[str, str]:
        return place((string_at(tag, "term") for tag in list_at(entry, "tags")), self.declaration.region)

    def _parse_posted_at(self, entry: Entry) -> datetime | None:
        for name in ("published_parsed", "updated_parsed"):
            parsed = value_at(entry, name)
            if isinstance(parsed, struct_time):
                try:
                    return datetime(*parsed[:6], tzinfo=UTC)
                except ValueError:
                    continue
        return self.moment(string_at(entry, "published") or string_at(entry, "updated"))


def _locked(entry: Entry) -> bool:
    """Tell whether an entry's content is WordPress's form for the password of a protected post."""
    return any(PASSWORD_FORM in string_at(one, "value") for one in list_at(entry, "content"))


def _headers(response: Response) -> dict[str, str]:
    value = response.headers.get(b"Content-Type") or b""
    return {"content-type": value.decode("latin-1"), "content-location": response.url}


def _markup(detail: Entry) -> str:
    value = string_at(detail, "value")
    return tidy(value) if string_at(detail, "type") == "text/plain" else html_text(value)


def _pieces(body: bytes, count: int) -> list[tuple[bytes, str]]:
    """Cut a feed to its entries, without media elements; empty when the cut does not fit what feedparser read."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    if root is None:
        return []
    entries = list(root.iter("{*}item", "{*}entry"))
    if len(entries) != count:
        return []
    for entry in entries:
        etree.strip_elements(entry, *_MEDIA, with_tail=False)
    return [(etree.tostring(e, encoding="utf-8", with_tail=False), "application/xml; charset=utf-8") for e in entries]


def _projection(entry: Entry) -> tuple[bytes, str]:
    kept = {name: value_at(entry, name) for name in _CAPTURED if value_at(entry, name)}
    return as_piece(kept), "application/json"
