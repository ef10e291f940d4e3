"""Walls at which a collection stops: log-in, CAPTCHA, block page. They are never climbed."""

from __future__ import annotations

import re

from scrapy.http import Response

WALL_STATUSES = frozenset({401, 403, 407})
_READ = 200_000
"""Bytes of a page that are looked at."""
_CAPTCHA = re.compile(
    rb"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|cf-chl-|challenge-platform|arkoselabs|geo\.captcha-delivery"
    rb"|<title>\s*(?:just a moment|attention required|un instant)|data-captcha|id=[\"']captcha",
    re.I,
)
_PASSWORD = re.compile(rb"<input\b[^>]{0,500}\btype\s*=\s*[\"']?password", re.I)


def wall_in(response: Response) -> str:
    """Say what wall an answer without a post is, or return an empty string."""
    body = response.body[:_READ]
    if _CAPTCHA.search(body):
        return "a CAPTCHA"
    if response.status in (401, 407) or _PASSWORD.search(body):
        return "a log-in wall"
    return "a refusal (403)" if response.status == 403 else ""


def looks_binary(body: bytes) -> bool:
    """Tell whether a body is no text whatever its type says; UTF-16 with its mark is text."""
    return b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff"))
