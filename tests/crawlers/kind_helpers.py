"""A collector of each kind that reads a program's own markup, and its answers as they were saved."""

from __future__ import annotations

import json
from typing import Any

from crawler_helpers import NOW, saved_page
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from crawlers.collector import Collector
from crawlers.found import Follow
from crawlers.kinds import COLLECTORS
from crawlers.sources.declaration import SourceDeclaration
from store.records import CaptureIn, PostIn

STARTS = {
    "phpbb": "https://bourg.example/index.php",
    "discourse": "https://bourg.example/",
    "wordpress": "https://journal.example/",
    "mastodon": "https://bourg.example/api/v1/timelines/tag/montreal",
    "bluesky": "https://bourg.example/xrpc/app.bsky.feed.getAuthorFeed?actor=marais.bourg.example",
    "sitemap": "https://journal.example/sitemap.xml",
}


def declared(kind: str, **more: Any) -> SourceDeclaration:
    """Return the declaration of a source of a kind, with more fields."""
    start = STARTS.get(kind, "https://bourg.example/")
    fields = {
        "id": kind,
        "title": kind,
        "kind": kind,
        "start_urls": [start],
        "allowed_hosts": [start.split("/")[2]],
        "region": "Outaouais",
        "legal_note": "public",
    }
    return SourceDeclaration.model_validate(fields | more)


def of_kind(kind: str, **more: Any) -> Collector:
    """Return a collector of a kind on the frozen clock."""
    return COLLECTORS[kind](declared(kind, **more), clock=lambda: NOW)


def answer(body: bytes | str | object, url: str = "https://bourg.example/", **told: Any) -> Response:
    """Return an answer: a saved page by its name, bytes as they are, anything else as JSON."""
    saved = isinstance(body, str)
    content = (
        saved_page(body) if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
    )
    kind = TextResponse
    if saved:
        kind = XmlResponse if body.endswith(".xml") else HtmlResponse if body.endswith(".html") else TextResponse
    return kind(url, body=content, **told)


def read(one: Collector, response: Response, step: str = "parse") -> tuple[list[PostIn], list[CaptureIn], list[Follow]]:
    """Return the posts, captures and pages to follow that a collector reads from an answer."""
    found = list(getattr(one, step)(response))
    kept = [pair for pair in found if not isinstance(pair, Follow)]
    return [post for post, _ in kept], [capture for _, capture in kept], [f for f in found if isinstance(f, Follow)]
