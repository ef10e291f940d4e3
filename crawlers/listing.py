"""What lists tell of, asked for in the list's own order, within the page budget."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from crawlers.found import Follow
from crawlers.policy.frontier import room

if TYPE_CHECKING:
    from crawlers.collector import Collector


def in_turn(collector: Collector, told: Iterator[Follow], onward: Iterator[Follow]) -> Iterator[Follow]:
    """Yield what a list tells of (with `as_of`) and is not read yet, and the pages at which the list goes on.

    In such an order that, the last being asked for first, the list's own order is kept. What the page budget does not
    reach is left to the next collection.
    """
    crawler, further = getattr(collector, "crawler", None), list(onward)
    left = room(crawler) if crawler else collector.visit.left
    most = max(0, left - len(further))
    some = list(islice(collector.keeper.unread(told), most + 1))
    if len(some) > most:
        collector.visit.note_budget()
    yield from reversed(further)
    yield from reversed(some[:most])
