"""Public and hashtag timelines of Mastodon-compatible servers: JSON, page by page towards older posts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapy.http import Response

from crawlers.collector import Collector
from crawlers.found import Follow, Found, links
from crawlers.reading.loose import as_piece, dicts_at, read_json, string_at, web_address
from crawlers.reading.markup import html_piece, html_text
from crawlers.reading.places import place

Status = dict[str, Any]
_NEXT = re.compile(r"<([^<>]{1,2000})>\s*;[^<]{0,200}?\brel\s*=\s*\"?next\b", re.I)
_CAPTURED = ("id", "uri", "url", "created_at", "edited_at", "in_reply_to_id", "language", "visibility", "spoiler_text")


class Mastodon(Collector):
    """One public status a post; boosts are left to the place where they were first said."""

    kind = "mastodon"

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the statuses of a page and the page of older ones."""
        listed = read_json(response.body)
        if not isinstance(listed, list):
            self.visit.tally.errors["reading: no list of statuses"] += 1
            return
        statuses = dicts_at({"": listed}, "")
        yield from self._posts(response, statuses)
        yield from links(response, self._parse_next(response, statuses))

    def address_of(self, external_id: str, url: str) -> str:
        """Return where the API gives one status; its page may be on another server."""
        root = self.declaration.start_urls[0].partition("/api/")[0]
        return f"{root}/api/v1/statuses/{external_id}" if external_id.isalnum() else url

    def reread(self, response: Response) -> Iterator[Found]:
        """Yield the one status that was asked for by itself."""
        yield from self._posts(response, dicts_at({"": [read_json(response.body)]}, ""))

    def _posts(self, response: Response, statuses: list[Status]) -> Iterator[Found]:
        for status in filter(_public, statuses):
            capture = self.capture(response, _cut(status), "application/json")
            yield from self.found(self._fields(status), capture)

    def _fields(self, status: Status) -> dict[str, object]:
        return {
            "text": self._parse_text(status),
            "external_id": string_at(status, "id"),
            "url": self._parse_url(status),
            "author": string_at(status, "account", "acct"),
            "posted_at": self.moment(string_at(status, "created_at")),
            "provenance": self._parse_provenance(status),
            **self._parse_place(status),
        }

    def _parse_text(self, status: Status) -> str:
        parts = (html_text(string_at(status, "spoiler_text")), html_text(string_at(status, "content")))
        return "\n".join(filter(None, parts))

    def _parse_url(self, status: Status) -> str:
        return web_address(string_at(status, "url")) or web_address(string_at(status, "uri"))

    def _parse_place(self, status: Status) -> dict[str, str]:
        return place((string_at(tag, "name") for tag in dicts_at(status, "tags")), self.declaration.region)

    def _parse_provenance(self, status: Status) -> dict[str, str]:
        edited = self.moment(string_at(status, "edited_at"))
        return {"edited_at": edited.isoformat()} if edited else {}

    def _parse_next(self, response: Response, statuses: list[Status]) -> list[str]:
        found = _NEXT.search((response.headers.get(b"Link") or b"").decode("latin-1"))
        if not statuses:
            return []
        if found:
            return [found.group(1)]
        oldest = string_at(statuses[-1], "id")
        return [_with_max_id(response.url, oldest)] if oldest else []


def _public(status: Status) -> bool:
    return status.get("reblog") is None and status.get("visibility", "public") in ("public", "unlisted")


def _cut(status: Status) -> bytes:
    kept: dict[str, Any] = {name: string_at(status, name) for name in _CAPTURED if string_at(status, name)}
    kept["content"] = html_piece(string_at(status, "content"))
    kept["account"] = {name: string_at(status, "account", name) for name in ("acct", "display_name")}
    return as_piece(kept)


def _with_max_id(url: str, identity: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("max_id", "since_id", "min_id")]
    return urlunsplit(parts._replace(query=urlencode([*query, ("max_id", identity)])))
