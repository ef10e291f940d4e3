"""Walls at which a collection stops: log-in, CAPTCHA, block page. They are never climbed."""

from __future__ import annotations

import re

from scrapy.http import Response

from store.alerts import AlertKind

WALL_STATUSES = frozenset({401, 402, 403, 407, 451})
_READ = 200_000
"""Bytes of a page that are looked at."""
_CAPTCHA = re.compile(
    rb"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|cf-chl-|challenge-platform|arkoselabs|geo\.captcha-delivery"
    rb"|<title>\s*(?:just a moment|attention required|un instant)|data-captcha|id=[\"']captcha",
    re.I,
)
_PASSWORD = re.compile(rb"<input\b[^>]{0,500}\btype\s*=\s*[\"']?password", re.I)
_LOCKED_POST = re.compile(
    rb"<form\b(?>[^<>]{0,500}?\bpost-password-form\b)[^<>]{0,500}+>(?>.{0,5000}?</form>)", re.I | re.S
)
"""WordPress's form for one protected post: a post that is not public, on a site that is.

What was matched is not tried anew: a page of a thousand forms that do not end would take seconds.
"""
_BLOCK = re.compile(
    rb"<(title|h1|h2)\b[^>]{0,500}>\s*"
    rb"(?:access (?:to this page has been )?denied|acc\xc3\xa8s (?:refus\xc3\xa9|interdit)"
    rb"|(?:sorry, )?you have been blocked|pardon our interruption|request (?:blocked|unsuccessful)"
    rb"|(?:the request is|your ip (?:address )?(?:is|has been)) (?:blocked|banned)|unusual traffic)"
    rb"|_Incapsula_Resource|cf-error-details|/errors\.edgesuite\.net/",
    re.I,
)
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"%PDF-", b"%!PS-", b"PK\x03\x04", b"\x1f\x8b\x08")
"""How files that are no text begin."""


def wall_in(response: Response) -> str:
    """Say what wall an answer without a post is, or return an empty string."""
    body = response.body[:_READ]
    if _CAPTCHA.search(body):
        return "a CAPTCHA"
    if response.status in (401, 407) or _PASSWORD.search(_LOCKED_POST.sub(b"", body)):
        return "a log-in wall"
    if response.status in WALL_STATUSES:
        return f"a refusal ({response.status})"
    return "a block page" if _BLOCK.search(body) else ""


def alert_of(wall: str) -> AlertKind:
    """Return as what a wall is told to the supervisors."""
    return {"a CAPTCHA": AlertKind.CAPTCHA, "a log-in wall": AlertKind.WALL}.get(wall, AlertKind.BLOCK)


def looks_binary(body: bytes) -> bool:
    """Tell whether a body is no text whatever its type says; UTF-16 with its mark is text."""
    start = body[:1024].lstrip()
    if start.startswith(_SIGNATURES) or (start.startswith(b"RIFF") and start[8:12] == b"WEBP"):
        return True
    return b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff"))
