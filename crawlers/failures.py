"""What became of a request that brought no page: what it counts as, and whether something was missed by it."""

from __future__ import annotations

from scrapy.exceptions import StopDownload
from scrapy.spidermiddlewares.httperror import HttpError

from crawlers.policy.gate import media_type
from crawlers.policy.visit import Refused, Tally, kind_of

GONE = frozenset({404, 410})
"""Statuses that say: not here (any more)."""
_OVER = "over max_pages"
_LEFT_FOR_GOOD = frozenset({"robots", "host not allowed", _OVER})
"""Kinds of refusal that leave out nothing which the same declaration would ever read."""


def count_failure(tally: Tally, error: BaseException | None) -> None:
    """Count a request that was not sent, or that was not answered as it should."""
    if isinstance(error, Refused) and error.kind == "robots":
        tally.robots += 1
    elif isinstance(error, Refused):
        tally.dropped[error.kind] += 1
    elif isinstance(error, StopDownload):
        kind = media_type(error.response.headers)[:60] if error.response else ""
        tally.dropped[f"type {kind or 'none'}"] += 1
    elif isinstance(error, HttpError):
        tally.errors[f"http {error.response.status}"] += 1
    else:
        tally.errors[kind_of(error)] += 1


def leaves_nothing_out(error: BaseException | None) -> bool:
    """Tell whether a walk is whole in spite of this: there is nothing that it could have read."""
    if isinstance(error, Refused):
        return error.kind in _LEFT_FOR_GOOD
    if isinstance(error, HttpError):
        return error.response.status in GONE
    return isinstance(error, StopDownload)  # of no text type


def cannot_be_read(error: BaseException | None) -> bool:
    """Tell whether asking for the same page again would be in vain: not so where only the page budget was spent."""
    return leaves_nothing_out(error) and not (isinstance(error, Refused) and error.kind == _OVER)
