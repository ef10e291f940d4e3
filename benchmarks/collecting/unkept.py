"""Vigie's policy and collector that keeps nothing: ``python -m benchmarks.collecting.unkept START_URL …``.

What is between it and a collection is the intake. The board's declaration stands here too.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import CrawlerProcess

from crawlers.found import Found
from crawlers.kinds.board import Board
from crawlers.policy.memory import peak_bytes
from crawlers.policy.settings import scrapy_settings
from crawlers.policy.visit import Visit
from crawlers.sources.declaration import SourceDeclaration
from store.intake import Intake
from store.settings import Settings

SELECTORS = {
    "item": "article.annonce",
    "id": "::attr(data-id)",
    "link": "h2 a::attr(href)",
    "title": "h2",
    "text": ".corps",
    "author": ".auteur",
    "city": ".ville",
    "posted_at": "time::attr(datetime)",
    "next": "a[rel=next]::attr(href)",
}
MINUTES = 110


def declaration(starts: list[str], pages: int) -> SourceDeclaration:
    """Return the declaration of the board at these first pages."""
    return SourceDeclaration(
        id="banc",
        title="Banc d'essai",
        kind="board",
        start_urls=starts,
        allowed_hosts=[urlsplit(starts[0]).netloc],
        post_kind="ad",
        delay=0.0,
        max_pages=pages,
        max_depth=10_000,
        max_minutes=MINUTES,
        legal_note="Fictional site of the benchmark, served on this machine.",
        selectors=SELECTORS,
    )


def settings(**more: Any) -> Settings:
    """Return settings under which the only delay is the sites' own."""
    return Settings(allow_loopback=True, request_delay=0.0, max_collection_bytes=50_000_000_000, **more)


def _unkept(starts: list[str]) -> int:
    declared = declaration(starts, 100_000)
    met = 0

    def keep(posts: list[Found]) -> list[Intake]:
        nonlocal met
        met += len(posts)
        return []

    process = CrawlerProcess(scrapy_settings(settings(), declared))
    process.crawl(Board, declaration=declared, visit=Visit(declared, lambda: None), keep=keep)
    process.start()
    return met


def main() -> None:
    """Crawl and say how many posts were read and the most bytes that this process held."""
    print(json.dumps({"posts": _unkept(sys.argv[1:]), "peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
