"""Keeping a page's posts, in one transaction a page, as soon as it is read."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from crawlers.collector import Collector, Page


class Keeping:
    """Scrapy's item pipeline: counts and keeps what a collector finds."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the pipeline."""
        return cls(crawler)

    def process_item(self, item: Page) -> Page:
        """Keep one page's posts."""
        spider = self._crawler.spider
        if isinstance(spider, Collector):
            spider.visit.tally.count(spider.keep(item.posts))
        return item
