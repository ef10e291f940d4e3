"""What stands around every answer: host check, size limit, headers, and no exception that escapes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.settings import Settings

log = logging.getLogger(__name__)

MAX_BODY = 2_000_000
"""Bytes; room for the longest text that may be pasted."""
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
}
_TLS = {"Strict-Transport-Security": "max-age=31536000"}

Answer = Callable[[Request, Exception], Awaitable[Response]]


class Shell:
    """The outermost layer of the app; pure ASGI, so that nothing is buffered."""

    def __init__(self, app: ASGIApp, *, settings: Settings, answer: Answer) -> None:
        self.app = app
        self.answer = answer
        self.headers = HEADERS | (_TLS if settings.secure_cookies else {})
        self.hosts = {"127.0.0.1", "localhost", "[::1]", settings.host.lower()}
        self.hosts |= {name.strip().lower() for name in settings.hosts.split(",") if name.strip()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        try:
            self._check(Headers(scope=scope))
            await self.app(scope, _limited(receive), sending)
        except Exception as error:
            if not isinstance(error, HTTPException):
                log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            response = await self.answer(Request(scope, receive), error)
            await response(scope, receive, sending)

    def _check(self, headers: Headers) -> None:
        if _host(headers.get("host", "")) not in self.hosts:
            raise HTTPException(400, "Unknown host: name it in VIGIE_HOSTS.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise HTTPException(413, f"At most {MAX_BODY} bytes.")


def _host(value: str) -> str:
    name, separator, port = value.lower().rpartition(":")
    return name if separator and port.isdecimal() else value.lower()


def _limited(receive: Receive) -> Receive:
    """Count what comes in: a body sent in chunks tells no length beforehand."""
    total = 0

    async def counting() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            raise HTTPException(413, f"At most {MAX_BODY} bytes.")
        return message

    return counting
