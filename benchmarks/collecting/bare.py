"""The peer, in a process of its own: ``python -m benchmarks.collecting.bare AT_ONCE START_URL …``.

Scrapy as it comes, with a spider as one writes it by hand: it reads the same fields of the same pages and keeps
nothing. Nothing of Vigie is imported, so that its memory is Scrapy's own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse


class Bare(Spider):
    name = "bare"

    def __init__(self, starts: list[str]) -> None:
        super().__init__()
        self.start_urls = starts
        self.posts = 0

    def parse(self, response: HtmlResponse) -> Iterator[Any]:  # type: ignore[override]
        for item in response.css("article.annonce"):
            self.posts += 1
            yield {
                "external_id": item.attrib.get("data-id"),
                "url": response.urljoin(item.css("h2 a::attr(href)").get("")),
                "title": " ".join(item.css("h2 ::text").getall()).strip(),
                "text": " ".join(item.css(".corps ::text").getall()).strip(),
                "author": item.css(".auteur::text").get("").strip(),
                "city": item.css(".ville::text").get("").strip(),
                "posted_at": item.css("time::attr(datetime)").get(),
            }
        yield from response.follow_all(css="a[rel=next]")


def main() -> None:
    """Crawl and say how many posts were read and the most bytes that this process held."""
    at_once, starts = int(sys.argv[1]), sys.argv[2:]
    process = CrawlerProcess({"CONCURRENT_REQUESTS": at_once, "DOWNLOAD_DELAY": 0, "LOG_LEVEL": "ERROR"})
    crawler = process.create_crawler(Bare)
    process.crawl(crawler, starts)
    process.start()
    held = Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2].split()[0]
    posts = crawler.spider.posts if isinstance(crawler.spider, Bare) else 0
    print(json.dumps({"posts": posts, "peak_bytes": int(held) * 1024}))


if __name__ == "__main__":
    main()
