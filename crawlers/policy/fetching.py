"""Fetching with a bound on what stands before the body: a server that never ends its headers would fill memory."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError
from scrapy.http import Response
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

MAX_HEAD = 256 * 1024
"""Bytes of status line and headers, with those of interim answers; no server that means well comes near."""


class HeadTooLong(Exception):
    """An answer's headers do not end."""


class _Protocol(_LenientHTTP11ClientProtocol):
    _head = 0

    def request(self, request: Any) -> Any:
        """Send a request; its answer's head is counted from nothing."""
        self._head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take what came, unless the head has grown too long."""
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._giveUp(Failure(HeadTooLong()))  # type: ignore[no-untyped-call] # Twisted's
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call] # Twisted's


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> _Protocol:  # noqa: ARG002, N802 - Twisted's name and signature
        """Return the protocol of one connection."""
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call] # Twisted's


class Fetching(HTTP11DownloadHandler):
    """Scrapy's HTTP client, with answers whose head is bounded."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory

    async def download_request(self, request: Request) -> Response:
        """Fetch one answer; `DownloadCancelledError` if it is too large."""
        try:
            return await super().download_request(request)
        except DownloadFailedError as error:
            reasons = getattr(error.__cause__, "reasons", ())
            if any(reason.check(HeadTooLong) for reason in reasons):
                raise DownloadCancelledError(f"The headers of {request.url} do not end.") from None
            raise
