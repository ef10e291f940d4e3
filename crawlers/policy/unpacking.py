"""Unpacking what a server packed for the way: bounded in size and in layers, and failing as one kind of error."""

from __future__ import annotations

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response

from crawlers.policy.visit import Refused

MAX_LAYERS = 2


class Unpacking(HttpCompressionMiddleware):
    """Scrapy's unpacking, which stops at the bound on sizes; layer upon layer and unknown packings are refused."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the answer unpacked; refuse one that cannot be, `DownloadCancelledError` for one too large."""
        if not response.body:  # a 304 names the packing of what it does not send
            return response
        packings = b",".join(response.headers.getlist("Content-Encoding")).split(b",")
        if len(packings) > MAX_LAYERS:
            raise Refused("packed", f"{response.url} is packed {len(packings)} times")
        try:
            plain = super().process_response(request, response, spider)
        except IgnoreRequest as error:
            raise DownloadCancelledError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - each packing has errors of its own
            raise Refused("packed", f"{response.url} cannot be unpacked ({type(error).__name__})") from None
        if isinstance(plain, Response) and _still_packed(plain):
            raise Refused("packed", f"{response.url} is packed in a way that is not known")
        return plain


def _still_packed(response: Response) -> bool:
    left = response.headers.get(b"Content-Encoding") or b""
    return left.strip().lower() not in (b"", b"identity")
