"""A server that means no good: real HTTP on loopback, one port a site, and a log of its own of all that was asked."""

from __future__ import annotations

import gzip
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Self

import brotli
from backports import zstd

from crawlers.sources.declaration import SourceDeclaration

HTML = "text/html; charset=utf-8"
POST = b"<article class=post data-no='%s'><p class=texte>Cherche un divan, %s, merci.</p></article>"


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it; `at` counts seconds of a monotonic clock, header names are in lower case."""

    at: float
    site: str
    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Wire:
    """The connection that a request came on."""

    socket: socket.socket
    closing: threading.Event
    path: str

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def head(self, status: int, *headers: str) -> None:
        lines = (f"HTTP/1.1 {status} Whatever", *headers, "Connection: close", "", "")
        self.send("\r\n".join(lines).encode("latin-1"))

    def wait(self, seconds: float) -> bool:
        """Wait; tell whether to go on."""
        return not self.closing.wait(seconds)


Reply = Callable[[Wire], None]
Wrap = Callable[[socket.socket], socket.socket]
"""Makes a TLS connection of a plain one."""


def answer(
    body: bytes = b"", kind: str = HTML, status: int = 200, headers: Iterable[str] = (), length: int | None = None
) -> Reply:
    def reply(wire: Wire) -> None:
        typed = [f"Content-Type: {kind}"] if kind else []
        wire.head(status, *typed, f"Content-Length: {len(body) if length is None else length}", *headers)
        wire.send(body)

    return reply


def posts(*names: str, more: str = "") -> bytes:
    listed = b"".join(POST % (name.encode(), name.encode()) for name in names)
    return b"<!doctype html><meta charset=utf-8><main>" + listed + more.encode() + b"</main>"


def a_post(name: str, **how: object) -> Reply:
    return answer(posts(name), **how)  # type: ignore[arg-type]


def next_link(path: str) -> str:
    return f"<a rel=next href='{path}'>suite</a>"


def redirect(to: str, status: int = 302, kind: str = HTML) -> Reply:
    return answer(b"<p>ailleurs</p>", kind, status, [f"Location: {to}"])


def in_turn(*replies: Reply) -> Reply:
    """Answer each request as the next of the replies does, and then as the last."""
    left = list(replies)

    def reply(wire: Wire) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(wire)

    return reply


def rules(*lines: str) -> Reply:
    return answer("\n".join(("User-agent: *", *lines)).encode(), "text/plain")


def reset(wire: Wire) -> None:
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


def hang(wire: Wire) -> None:
    wire.closing.wait(60)


def drip(wire: Wire) -> None:
    """One byte a second, of a page that would be good in the end."""
    wire.head(200, f"Content-Type: {HTML}", "Content-Length: 200000")
    while wire.wait(1):
        wire.send(b" ")


def endless(wire: Wire) -> None:
    wire.head(200, f"Content-Type: {HTML}", "Transfer-Encoding: chunked")
    piece = posts("sans-fin") * 1000
    while not wire.closing.is_set():
        wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))


def unannounced(size: int) -> Reply:
    """So many bytes, without saying beforehand how many."""

    def reply(wire: Wire) -> None:
        wire.head(200, f"Content-Type: {HTML}")
        for _ in range(size // 100_000):
            wire.send(b"<p>encore</p>" * 7_693)

    return reply


def endless_headers(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\n")
    while not wire.closing.is_set():
        wire.send(b"".join(b"X-Vide-%d: %s\r\n" % (number, b"v" * 1000) for number in range(64)))


def endless_interim(wire: Wire) -> None:
    while not wire.closing.is_set():
        wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 1000)


def raw(data: bytes) -> Reply:
    return lambda wire: wire.send(data)


def packed(body: bytes, *packings: str, kind: str = HTML) -> Reply:
    for packing in packings:
        body = PACK[packing](body)
    return answer(body, kind, headers=[f"Content-Encoding: {', '.join(packings)}"])


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 6),
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=3),
    "zstd": zstd.compress,
}


@cache
def bomb(packing: str, megabytes: int = 500) -> bytes:
    """Return so many megabytes of nothing, packed to some kilobytes."""
    piece = bytes(1_000_000)
    if packing == "zstd":
        zipper = zstd.ZstdCompressor()
        return b"".join(zipper.compress(piece) for _ in range(megabytes)) + zipper.flush()
    if packing == "br":
        presser = brotli.Compressor(quality=1)
        return b"".join(presser.process(piece) for _ in range(megabytes)) + presser.finish()
    made = zlib.compressobj(6, wbits=31 if packing == "gzip" else -15)
    return b"".join(made.compress(piece) for _ in range(megabytes)) + made.flush()


def falls(packing: str, *around: str) -> Reply:
    """Send a bomb, perhaps packed again."""

    def reply(wire: Wire) -> None:
        body = bomb(packing)
        for outer in around:
            body = PACK[outer](body)
        answer(body, headers=[f"Content-Encoding: {', '.join((packing, *around))}"])(wire)

    return reply


@dataclass
class HostileServer:
    """Use as a context manager. A path without a reply of its own answers as ``*`` does, `/robots.txt` with 404."""

    log: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _ports: dict[str, _Port] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def site(
        self, name: str, replies: dict[str, Reply], *, wrap: Wrap | None = None, address: str = "127.0.0.1"
    ) -> str:
        """Open a port for a site and return its address; paths are matched without their query."""
        port = self._ports[name] = _Port(self, name, replies, wrap, address)
        threading.Thread(target=port.serve_forever, args=(0.05,), name=f"hostile-{name}", daemon=True).start()
        host = f"[{address}]" if ":" in address else address
        return f"http{'s' if wrap else ''}://{host}:{port.server_address[1]}"

    def base(self, name: str) -> str:
        host, number = self._ports[name].server_address[:2]
        return f"http://{host}:{number}"

    def paths(self, name: str) -> list[str]:
        """Return what was asked of a site, in order."""
        return [one.path for one in self.log if one.site == name]

    def times(self, name: str, path: str = "") -> list[float]:
        return [one.at for one in self.log if one.site == name and (not path or one.path == path)]

    def record(self, asked: Asked) -> None:
        with self._lock:
            self.log.append(asked)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        for port in self._ports.values():
            port.shutdown()
            port.server_close()


class _Port(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        server: HostileServer,
        name: str,
        replies: dict[str, Reply],
        wrap: Wrap | None,
        address: str,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.hostile, self.name, self.replies, self.wrap = server, name, replies, wrap
        super().__init__((address, 0), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: clients that break off are part of the tests."""


class _Connection(socketserver.BaseRequestHandler):
    server: _Port

    def handle(self) -> None:
        port, connection = self.server, self.request
        if port.wrap is not None:
            connection = port.wrap(connection)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        port.hostile.record(Asked(time.monotonic(), port.name, method, path, told))
        plain = path.partition("?")[0]
        other = None if plain == "/robots.txt" else port.replies.get("*")
        reply = port.replies.get(plain) or other or answer(b"<p>rien</p>", status=404)
        reply(Wire(connection, port.hostile.closing, path))


def declared(name: str, start_urls: Iterable[str], **changes: object) -> SourceDeclaration:
    """Declare a board whose start pages, and only their hosts, are asked."""
    starts = list(start_urls)
    told: dict[str, object] = {
        "id": name,
        "title": f"Babillard {name}",
        "kind": "board",
        "start_urls": starts,
        "allowed_hosts": list(dict.fromkeys(url.split("/")[2] for url in starts)),
        "delay": 0.0,
        "timeout": 5.0,
        "legal_note": "Babillard de test.",
        "selectors": {
            "item": "article.post",
            "id": "./@data-no",
            "text": ".texte",
            "next": "a[rel=next]::attr(href)",
        },
    }
    return SourceDeclaration.model_validate(told | changes)
