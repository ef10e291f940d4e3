"""The links that wait: never more than the page budget could still ask for, whatever a page lists."""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware

from crawlers.policy.visit import ONWARD, visit_of


def room(crawler: Crawler) -> int:
    """Return how many pages more may wait to be asked for."""
    scheduler = getattr(getattr(crawler.engine, "_slot", None), "scheduler", ())
    return visit_of(crawler).left - len(scheduler)


class Frontier(BaseSpiderMiddleware):
    """Leaves out links that could not be asked for any more: a page of links costs no memory."""

    def get_processed_request(self, request: Request, response: Response | None) -> Request | None:
        """Return the request, or None where as many wait already as may still be asked."""
        visit = visit_of(self.crawler)
        # What was begun is read to its end before more is: else a walk of long threads would read the start of each.
        left = visit.left if request.meta.get(ONWARD) else room(self.crawler)
        if response is not None and left <= 0:
            visit.note_budget()
            visit.tally.dropped["over max_pages"] += 1
            return None
        return request
