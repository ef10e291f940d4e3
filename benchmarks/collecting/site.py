"""A fictional board on loopback, generated page by page: ``python -m benchmarks.collecting.site`` says its port.

It has a process of its own, so that what it costs is in no collector's time, and keeps the time of the first and of the
last page that it was asked for: the same clock for whoever asks.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

_ROBOTS = "User-agent: *\nDisallow: /interne/\n"
_NEWEST = datetime(2026, 3, 1, 12, tzinfo=UTC)
_TEXT = (
    "bonjour je cherche une personne fiable pour garder mon chat pendant la semaine de relâche le quartier est calme "
    "près du métro merci de laisser un message avec vos disponibilités a small reward for the lost green umbrella"
)
_WORDS = _TEXT.split()
_CITIES = ("Montréal", "Laval", "Québec", "Gatineau", "Sherbrooke")
_CHROME = "".join(f"<li><a href='/rubrique/{n}'>Rubrique {n}</a></li>" for n in range(40))


class Shape(NamedTuple):
    """What a board is like: chains of pages, each with so many posts, or none but on each `every`-th page."""

    chains: int
    length: int
    posts: int
    every: int = 1

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return self.chains * self.length

    def kept(self) -> int:
        """Return how many posts stand on them."""
        return self.chains * self.posts * -(-self.length // self.every)

    def starts(self, base: str) -> list[str]:
        """Return the address of each chain's first page."""
        return [f"{base}/{'-'.join(map(str, self))}/{chain}/0" for chain in range(self.chains)]


def page(shape: Shape, chain: int, number: int) -> str:
    """Return one page: a board's head and menu, its posts, and the link to the next."""
    first = (chain * shape.length + number) * shape.posts
    shown = range(first, first + shape.posts) if number % shape.every == 0 else ()
    posts = "".join(map(_post, shown))
    onward = f"<a rel=next href='{number + 1}'>page suivante</a>" if number + 1 < shape.length else ""
    return (
        "<!doctype html><html lang=fr><head><meta charset=utf-8><title>Petites annonces</title></head><body>"
        f"<nav><ul>{_CHROME}</ul></nav><main>{posts}</main><footer>{onward}</footer></body></html>"
    )


def _post(number: int) -> str:
    words = " ".join(_WORDS[(number * 7 + n) % len(_WORDS)] for n in range(33))
    at = (_NEWEST - timedelta(minutes=number)).isoformat()
    return (
        f"<article class=annonce data-id=a{number}><h2><a href='/a/{number}'>Annonce {number}</a></h2>"
        f"<p class=corps>{words}, {number}.</p><span class=auteur>membre{number % 977}</span>"
        f"<span class=ville>{_CITIES[number % len(_CITIES)]}</span><time datetime='{at}'>le {at[:10]}</time></article>"
    )


@dataclass
class Told:
    """What was asked since this was last told."""

    pages: int = 0
    first: float = 0.0
    last: float = 0.0

    def hit(self) -> None:
        """Count a page."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.pages += 1

    def take(self) -> str:
        """Return what was counted as JSON, and begin anew."""
        told = json.dumps(vars(self))
        self.pages, self.first, self.last = 0, 0.0, 0.0
        return told


class _Site(asyncio.Protocol):
    def __init__(self, told: Told) -> None:
        self._told, self._read = told, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            self._transport.write(self._answer(head.split(b" ", 2)[1].decode("ascii", "replace")))

    def _answer(self, path: str) -> bytes:
        if path == "/told":
            return _sent(self._told.take(), "application/json")
        if path == "/robots.txt":
            return _sent(_ROBOTS, "text/plain")
        self._told.hit()
        shape, chain, number = path.strip("/").split("/")
        return _sent(page(Shape(*map(int, shape.split("-"))), int(chain), int(number)), "text/html; charset=utf-8")


def _sent(text: str, media: str) -> bytes:
    body = text.encode()
    return f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(partial(_Site, Told()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started us is gone
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
