"""A small site on loopback whose posts come, change and go: a board, a thread, each post's own page, all with ETags."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_ITEM = '<article data-id="{id}"><a href="{link}">lire</a><time datetime="{at}"></time><p>{text}</p></article>'
_SELECTORS = {
    "item": "article",
    "id": "./@data-id",
    "link": "a::attr(href)",
    "text": "p",
    "posted_at": "time::attr(datetime)",
    "next": "a.suite::attr(href)",
}


@dataclass
class Site:
    """Posts by number, the newest with the highest; `answers` puts a status, or "hang", in place of a path's page."""

    texts: dict[int, str]
    per_page: int = 5
    etags: bool = True
    answers: dict[str, int | str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    redirect_status: int = 302
    robots: str = ""
    hits: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    base: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        """Return what was asked for but robots.txt."""
        return [path for path, _ in self.hits if path != "/robots.txt"]

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the headers of each request for a path."""
        return [headers for asked, headers in self.hits if asked == path]

    def forget(self) -> None:
        """Begin a new log."""
        self.hits.clear()

    def declaration(self, start: str = "/board", **changes: object) -> dict[str, object]:
        """Return what declares the site as a source of kind board."""
        told = {
            "id": "changing",
            "title": "Site qui change",
            "kind": "board",
            "start_urls": [self.base + start],
            "allowed_hosts": [self.base.removeprefix("http://")],
            "delay": 0.0,
            "timeout": 5.0,
            "legal_note": "Fictional, on loopback.",
            "selectors": _SELECTORS,
        }
        return told | changes

    def page(self, path: str) -> str | None:
        """Return the page at a path, None where nothing is."""
        parts = urlsplit(path)
        number = int(parse_qs(parts.query).get("page", ["1"])[0])
        if parts.path in ("/board", "/thread"):
            order = sorted(self.texts, reverse=parts.path == "/board")
            shown = order[(number - 1) * self.per_page : number * self.per_page]
            more = len(order) > number * self.per_page
            following = f'<a class="suite" href="{parts.path}?page={number + 1}">suite</a>' if more else ""
            return "".join(map(self._item, shown)) + following
        if parts.path == "/api":
            since = int(parse_qs(parts.query).get("since", ["0"])[0])
            order = [one for one in sorted(self.texts, reverse=True) if one > since]
            shown = order[(number - 1) * self.per_page : number * self.per_page]
            return json.dumps([{"id": one, "text": self.texts[one]} for one in shown])
        name = parts.path.removeprefix("/p/").rstrip("/")
        known = name.isdecimal() and int(name) in self.texts
        return f"<h1>Une annonce</h1>{self._item(int(name))}" if known else None

    def _item(self, number: int) -> str:
        at = (self.began + timedelta(minutes=5 * number)).isoformat()
        return _ITEM.format(id=number, link=f"/p/{number}?utm_source=liste#haut", at=at, text=self.texts[number])


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve a site until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield site
    finally:
        site.released.set()
        server.shutdown()
        server.server_close()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one class, made around its site
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.hits.append((self.path, dict(self.headers.items())))
            answer = site.answers.get(self.path, 200)
            if answer == "hang":
                site.released.wait(30)
                return self._send(503, "")
            if self.path == "/robots.txt":
                return self._send(200, site.robots or "User-agent: *\nAllow: /\n", "text/plain")
            if self.path in site.redirects:
                to = site.base + site.redirects[self.path]
                return self._send(site.redirect_status, "", Location=to, ETag='"own"')
            page = site.page(self.path)
            if isinstance(answer, int) and answer != 200:
                return self._send(answer, "")
            return self._page(page) if page is not None else self._send(404, "<p>Rien ici.</p>")

        def _page(self, page: str) -> None:
            etag = f'"{hashlib.sha256(page.encode()).hexdigest()[:16]}"' if site.etags else ""
            if etag and self.headers.get("If-None-Match") == etag:
                return self._send(304, "", ETag=etag)
            kind = "application/json" if page.startswith("[") else "text/html; charset=utf-8"
            return self._send(200, page, kind, **({"ETag": etag, "Set-Cookie": "suivi=1"} if etag else {}))

        def _send(self, status: int, text: str, kind: str = "text/html", **headers: str) -> None:
            body = text.encode()
            self.send_response(status)
            if status != 304:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet: the site has a log of its own."""

    return Handler
