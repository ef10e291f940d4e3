"""The policy's numbers and components, as settings for Scrapy."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from crawlers.sources.declaration import SourceDeclaration
from store.settings import Settings

PRODUCT = "Vigie"
"""Our name in robots.txt."""
POLICY_VERSION = "3"
"""Changes whenever what is asked, or how, changes."""
MAX_REDIRECTS = 5
MEMORY_MB = 1024
LOOPBACK = "VIGIE_ALLOW_LOOPBACK"
"""Scrapy setting that carries `Settings.allow_loopback` to the resolver."""

MOST_BYTES = "VIGIE_MOST_BYTES"
"""Scrapy setting that carries `Settings.max_collection_bytes` to the gate."""
PACE = "VIGIE_PACE"
"""Scrapy setting that carries the least seconds between two requests to a host."""

_HERE = "crawlers.policy"
_SCRAPY = "scrapy.downloadermiddlewares"
_MIDDLEWARES = {
    f"{_HERE}.gate.Gate": 10,
    f"{_HERE}.terms.Terms": 15,
    f"{_HERE}.robots.Robots": 20,
    f"{_SCRAPY}.downloadtimeout.DownloadTimeoutMiddleware": 350,
    f"{_SCRAPY}.defaultheaders.DefaultHeadersMiddleware": 400,
    f"{_HERE}.changed.Changed": 450,
    f"{_SCRAPY}.useragent.UserAgentMiddleware": 500,
    f"{_SCRAPY}.retry.RetryMiddleware": 550,
    f"{_HERE}.unpacking.Unpacking": 590,
    f"{_HERE}.gate.Redirects": 600,
    f"{_HERE}.pace.Pace": 800,
}
_EXTENSIONS = {
    "scrapy.extensions.corestats.CoreStats": 0,
    f"{_HERE}.memory.Memory": 0,
}
_SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": 50,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": 800,
    f"{_HERE}.frontier.Frontier": 850,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": 900,
}
_HANDLERS = dict.fromkeys(("http", "https"), f"{_HERE}.fetching.Fetching")


def user_agent(settings: Settings) -> str:
    """Return who we say we are: product, version and the page that says what we do and where to complain."""
    return f"{PRODUCT}/{version('vigie')} (+{settings.contact_url})"


def scrapy_settings(settings: Settings, declaration: SourceDeclaration) -> dict[str, Any]:
    """Return the whole policy for one collection of one source."""
    return _identity(settings) | _pace(settings, declaration) | _bounds(settings, declaration) | _components()


def _identity(settings: Settings) -> dict[str, Any]:
    return {
        "BOT_NAME": PRODUCT,
        "USER_AGENT": user_agent(settings),
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml,application/rss+xml,application/atom+xml,"
            "application/json,text/plain;q=0.5",
            "Accept-Language": "fr-CA,fr;q=0.9,en;q=0.8",
        },
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
    }


def _pace(settings: Settings, declaration: SourceDeclaration) -> dict[str, Any]:
    return {
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        PACE: max(settings.request_delay, declaration.delay),
        "DOWNLOAD_DELAY": 0,  # the pace is kept by `crawlers.policy.pace`
        "RETRY_TIMES": 1,
        "RETRY_HTTP_CODES": [500, 502, 504, 408],  # 429 and 503 are for the back-off
    }


def _bounds(settings: Settings, declaration: SourceDeclaration) -> dict[str, Any]:
    return {
        LOOPBACK: settings.allow_loopback,
        "DOWNLOAD_TIMEOUT": declaration.timeout,
        "DOWNLOAD_MAXSIZE": min(settings.max_response_bytes, declaration.max_bytes or settings.max_response_bytes),
        MOST_BYTES: settings.max_collection_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": MAX_REDIRECTS,
        "DEPTH_LIMIT": declaration.max_depth,
        "MEMUSAGE_ENABLED": True,
        "MEMUSAGE_LIMIT_MB": MEMORY_MB,
        "MEMUSAGE_CHECK_INTERVAL_SECONDS": 5.0,
        "URLLENGTH_LIMIT": 2000,
    }


def _components() -> dict[str, Any]:
    return {
        "DOWNLOADER_MIDDLEWARES_BASE": {},
        "DOWNLOADER_MIDDLEWARES": _MIDDLEWARES,
        "SPIDER_MIDDLEWARES_BASE": {},
        "SPIDER_MIDDLEWARES": _SPIDER_MIDDLEWARES,
        "DOWNLOAD_HANDLERS_BASE": {},
        "DOWNLOAD_HANDLERS": _HANDLERS,
        "EXTENSIONS_BASE": {},
        "EXTENSIONS": _EXTENSIONS,
        "TWISTED_DNS_RESOLVER": f"{_HERE}.addresses.PublicResolver",
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        # Both cost more than reading a page does, each time: looking for a mistake in our own source text, and making
        # ready for a hundred items at once, where there are none.
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "CONCURRENT_ITEMS": 1,
    }
