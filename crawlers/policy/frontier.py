"""The links that wait: never more than the page budget could still ask for, whatever a page lists."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware

from crawlers.policy.visit import visit_of


class Frontier(BaseSpiderMiddleware):
    """Leaves out links that could not be asked for any more: a page of links costs no memory."""

    def get_processed_request(self, request: Request, response: Response | None) -> Request | None:
        """Return the request, or None where as many wait already as may still be asked."""
        visit = visit_of(self.crawler)
        scheduler = getattr(getattr(self.crawler.engine, "_slot", None), "scheduler", ())
        if response is not None and len(scheduler) >= visit.declaration.max_pages - visit.requested:
            visit.note_budget()
            visit.tally.dropped["over max_pages"] += 1
            return None
        return request
