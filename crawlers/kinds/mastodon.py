"""Public timelines of Mastodon-compatible servers: JSON, page by page towards older posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapy.http import Response

from crawlers.collector import Collector, Follow, Found, links
from crawlers.reading.markup import html_text
from nlp.cities import canonical_city, region_of

Status = dict[str, Any]
_NEXT = re.compile(r"<([^<>]{1,2000})>\s*;[^<]{0,200}?\brel\s*=\s*\"?next\b", re.I)
_CAPTURED = ("id", "uri", "url", "created_at", "edited_at", "in_reply_to_id", "language", "visibility", "spoiler_text")


class Mastodon(Collector):
    """One public status a post; boosts are left to the place where they were first said."""

    kind = "mastodon"

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the statuses of a page and the page of older ones."""
        try:
            listed = json.loads(response.body)
        except (ValueError, RecursionError):
            self.visit.tally.errors["reading: not JSON"] += 1
            return
        statuses = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        for status in statuses:
            if _public(status):
                capture = self.capture(response, _cut(status), "application/json")
                yield from self.found(self._fields(status), capture)
        yield from links(response, self._parse_next(response, statuses))

    def _fields(self, status: Status) -> dict[str, object]:
        city = self._parse_city(status)
        return {
            "text": self._parse_text(status),
            "external_id": _string(status, "id"),
            "url": self._parse_url(status),
            "author": _string(status.get("account"), "acct"),
            "city": city,
            "region": region_of(city) or self.declaration.region,
            "posted_at": self.moment(_string(status, "created_at")),
        }

    def _parse_text(self, status: Status) -> str:
        parts = (html_text(_string(status, "spoiler_text")), html_text(_string(status, "content")))
        return "\n".join(filter(None, parts))

    def _parse_url(self, status: Status) -> str:
        url = _string(status, "url") or _string(status, "uri")
        return url if url.startswith(("http://", "https://")) else ""

    def _parse_city(self, status: Status) -> str:
        tags = status.get("tags")
        names = (canonical_city(_string(tag, "name")) for tag in (tags if isinstance(tags, list) else []))
        return next((name for name in names if name), "")

    def _parse_next(self, response: Response, statuses: list[Status]) -> list[str]:
        found = _NEXT.search((response.headers.get(b"Link") or b"").decode("latin-1"))
        if not statuses:
            return []
        if found:
            return [found.group(1)]
        oldest = _string(statuses[-1], "id")
        return [_with_max_id(response.url, oldest)] if oldest else []


def _public(status: Status) -> bool:
    return status.get("reblog") is None and status.get("visibility", "public") in ("public", "unlisted")


def _string(holder: object, name: str) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def _cut(status: Status) -> bytes:
    kept: dict[str, Any] = {name: status.get(name) for name in _CAPTURED}
    kept["content"] = status.get("content")
    kept["account"] = {name: _string(status.get("account"), name) for name in ("acct", "display_name")}
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")


def _with_max_id(url: str, identity: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("max_id", "since_id", "min_id")]
    return urlunsplit(parts._replace(query=urlencode([*query, ("max_id", identity)])))
