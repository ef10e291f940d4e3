"""Handing pages to a keeper: those that it lets wait are kept a moment later, whether or not another page comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from crawlers.keeping import SOON, Keeper, Page
from crawlers.policy.visit import Tally

log = logging.getLogger(__name__)


class Settling:
    """Counts what becomes of posts; `failed` is told of an error in keeping pages that waited."""

    def __init__(self, keeper: Keeper, tally: Tally, failed: Callable[[Exception], None]) -> None:
        self._keeper, self._tally, self._failed = keeper, tally, failed
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, page: Page) -> None:
        """Keep a page, now or within `SOON`."""
        self._tally.count(self._keeper.keep(page))
        if self._keeper.waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON, self.settle)

    def settle(self) -> None:
        """Keep the pages that wait; what cannot be kept was not read, as where a page is kept at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            self._tally.count(self._keeper.settle())
        except Exception as error:
            log.exception("pages could not be kept")
            self._failed(error)
