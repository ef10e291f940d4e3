"""Answers that are too much, packed, broken or not what they say, and sites without end: bounded, told, survived."""

from __future__ import annotations

import time
from collections import Counter
from itertools import count

import pytest
from crawler_helpers import leave
from hostile_server import (
    HostileServer,
    Reply,
    a_post,
    answer,
    bomb,
    declared,
    drip,
    endless,
    endless_headers,
    endless_interim,
    falls,
    next_link,
    packed,
    posts,
    raw,
    redirect,
    reset,
    unannounced,
)
from sqlalchemy import select

from crawlers.run import RunReport, collect
from store.store import Store, open_store
from store.tables import Post

MB = 1_000_000
ROOM = 400 * MB
"""What a collection may take above one that only meets a single small page."""

DROPPED: dict[str, tuple[Reply, str]] = {
    "image": (answer(b"\x89PNG\r\n\x1a\n", "image/png"), "type image/png"),
    "video": (answer(b"\0\0\0\x18ftyp", "video/mp4"), "type video/mp4"),
    "download": (answer(b"x" * 100, "application/octet-stream"), "type application/octet-stream"),
    "no type": (answer(posts("sans-type"), ""), "type none"),
    "png": (answer(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "not text"),
    "jpeg": (answer(b"\xff\xd8\xff\xe1" + b"Exif" * 500), "not text"),
    "gif": (answer(b"GIF89a" + b"!" * 2000, "text/plain"), "not text"),
    "webp": (answer(b"RIFF\x24\x10\x10\x10WEBPVP8 " + b"v" * 2000, "application/json"), "not text"),
    "pdf": (answer(b"%PDF-1.7\n" + b"1 0 obj " * 500, "application/xml"), "not text"),
    "zip": (answer(b"PK\x03\x04" + b"z" * 2000), "not text"),
    "packed 5 times": (packed(posts("x"), *["gzip"] * 5), "packed"),
    "not gzip": (answer(posts("x"), headers=["Content-Encoding: gzip"]), "packed"),
    "not br": (answer(b"\xff" * 500, headers=["Content-Encoding: br"]), "packed"),
    "not zstd": (answer(b"\xff" * 500, headers=["Content-Encoding: zstd"]), "packed"),
    "unknown": (answer(posts("x"), headers=["Content-Encoding: lzma"]), "packed"),
    "packed image": (packed(b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "gzip"), "not text"),
}
FAILED: dict[str, tuple[Reply, str]] = {
    "gzip bomb": (falls("gzip"), "too large"),
    "deflate bomb": (falls("deflate"), "too large"),
    "br bomb": (falls("br"), "too large"),
    "zstd bomb": (falls("zstd"), "too large"),
    "bomb in gzip": (falls("gzip", "gzip"), "too large"),
    "50 MB": (answer(b"<p>trop</p>" * (50 * MB // 11)), "too large"),
    "50 MB unannounced": (unannounced(50 * MB), "too large"),
    "endless": (endless, "too large"),
    "endless headers": (endless_headers, "too large"),
    "endless hints": (endless_interim, "too large"),
    "headers of 1 MB": (answer(posts("x"), headers=[f"X-{n}: {'v' * 1000}" for n in range(1000)]), "too large"),
    "one header of 1 MB": (answer(posts("x"), headers=[f"X-Long: {'v' * MB}"]), "connection lost"),
    "reset": (reset, "connection lost"),
    "cut short": (answer(posts("x"), length=90_000), "connection lost"),
    "no HTTP": (raw(b"\x16\x03\x01 nonsense\r\n\r\n" * 20), "connection lost"),
    "bad chunks": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "connection lost",
    ),
    "file": (redirect("file:///etc/passwd"), "http 302"),
    "teapot": (answer(b"\x89PNG", "image/png", status=418), "http 418"),
}
GOOD: dict[str, Reply] = {
    "gzip": packed(posts("gzip"), "gzip"),
    "deflate": packed(posts("deflate"), "deflate"),
    "br": packed(posts("br"), "br"),
    "zstd": packed(posts("zstd"), "zstd"),
    "twice": packed(posts("twice"), "deflate", "gzip"),
    "cookies": a_post("cookies", headers=[f"Set-Cookie: c{n}={n}; Path=/" for n in range(1000)]),
    "latin": answer("<article class=post><p class=texte>é à ü</article>".encode("latin-1")),
    "charset": answer(posts("charset"), "text/html; charset=klingon-8"),
    "utf-16": answer(posts("utf-16").decode().encode("utf-16"), "text/html; charset=utf-8"),
    "broken": answer(posts("broken") + b"<p><div></p><table><article class=post><p class=texte>ouvert<b <i></tr>\xff"),
    "deep": answer(posts("deep") + b"<div>" * 100_000),
}


_IDLE: list[int] = []


@pytest.fixture
def idle(hostile: HostileServer, live_store: Store) -> int:
    """Return the peak memory of a collection that meets a single small page, in bytes; measured once."""
    if not _IDLE:
        base = hostile.site("idle", {"*": a_post("a")})
        _IDLE.append(collect(live_store, leave(live_store, declared("idle", [f"{base}/un"]))).peak_bytes)
    return _IDLE[0]


def test_every_bad_body_is_dropped_and_told_and_the_good_ones_arrive(
    idle: int, hostile: HostileServer, live_store: Store
):
    assert all(len(bomb(packing)) < MB for packing in ("gzip", "deflate", "br", "zstd"))
    bad = DROPPED | FAILED
    replies = {f"/{name.replace(' ', '-')}": reply for name, reply in GOOD.items()}
    replies |= {f"/{name.replace(' ', '-')}": reply for name, (reply, _) in bad.items()}
    replies |= {"/apres": a_post("apres")}
    base = hostile.site("bodies", replies)
    starts = [base + path for path in replies]
    report = collect(live_store, leave(live_store, declared("bodies", starts, timeout=6.0)))
    assert report.status == "done", report
    assert report.dropped == dict(Counter(kind for _, kind in DROPPED.values()))
    assert report.errors == dict(Counter(kind for _, kind in FAILED.values())), report
    assert_arrived(live_store, report)
    asked = Counter(hostile.paths("bodies"))
    assert set(asked) == {"/robots.txt", *replies}
    assert max(asked.values()) <= 2  # once, and once more after trouble on the way
    assert_nothing_was_carried_back(hostile)
    assert 0 < idle < report.peak_bytes < idle + ROOM


def test_a_page_that_only_drips_is_given_up(hostile: HostileServer, live_store: Store):
    base = hostile.site("drips", {"/goutte": drip, "/apres": a_post("apres")})
    report = collect(live_store, leave(live_store, declared("drips", [f"{base}/goutte", f"{base}/apres"], timeout=1.0)))
    assert (report.status, report.new, report.errors) == ("done", 1, {"timeout": 1})
    assert hostile.paths("drips").count("/goutte") <= 2


def assert_arrived(store: Store, report: RunReport) -> None:
    with store.database.reading() as session:
        texts = set(session.scalars(select(Post.text).where(Post.source_id == report.source_id)))
    for name in GOOD.keys() - {"latin", "utf-16"} | {"apres"}:
        assert any(f"Cherche un divan, {name}, merci." in text for text in texts), name
    assert not any("divan, x" in text or "sans-fin" in text for text in texts)


def assert_nothing_was_carried_back(hostile: HostileServer) -> None:
    for asked in hostile.log:
        assert asked.method == "GET"
        assert not {"cookie", "referer", "authorization", "origin", "x-forwarded-for"} & asked.headers.keys()
        assert asked.headers["user-agent"].startswith("Vigie/")
        assert "(+http" in asked.headers["user-agent"]


def test_a_calendar_without_end_ends_with_the_budget(idle: int, hostile: HostileServer, live_store: Store):
    days = count(1)

    def day(wire: object) -> None:
        number = next(days)
        links = next_link(f"/calendrier?jour={number}") if number <= 10_000 else ""
        a_day = posts(f"jour-{number}", more=links + "".join(f"<a href='/j{n}'>j</a>" for n in range(365)))
        answer(a_day)(wire)  # type: ignore[arg-type]

    base = hostile.site("calendar", {"*": day})
    report = collect(live_store, leave(live_store, declared("calendar", [f"{base}/calendrier"], max_pages=60)))
    assert (report.status, report.pages, report.new) == ("done", 60, 60)
    assert "max_pages reached: 60" in report.message
    assert len(hostile.paths("calendar")) == 61
    deep = leave(live_store, declared("deep", [f"{base}/calendrier"], max_depth=7))
    assert collect(live_store, deep).pages == 8
    assert len(hostile.paths("calendar")) == 61 + 9
    assert report.peak_bytes < idle + ROOM


def test_a_page_of_links_fills_no_memory(idle: int, hostile: HostileServer, live_store: Store):
    flood = "".join(f"<a class=fil href=/f{number}>x</a>" for number in range(60_000))
    base = hostile.site("flood", {"*": answer(posts("a", more=flood))})
    told = declared("flood", [f"{base}/un"]).model_dump()
    told["selectors"]["thread"] = "a.fil::attr(href)"
    declaration = type(declared("x", [f"{base}/"])).model_validate(told | {"kind": "forum", "max_pages": 5})
    report = collect(live_store, leave(live_store, declaration))
    assert len(hostile.paths("flood")) <= 6
    assert "max_pages reached: 5" in report.message
    assert report.peak_bytes < idle + ROOM


def test_the_bytes_of_a_collection_are_bounded(hostile: HostileServer, live_store: Store):
    pages = count(1)

    def heavy(wire: object) -> None:
        number = next(pages)
        answer(posts(f"p{number}", more=next_link(f"/{number}")) + b" " * 100_000)(wire)  # type: ignore[arg-type]

    base = hostile.site("heavy", {"*": heavy})
    store = open_store(live_store.settings.model_copy(update={"max_collection_bytes": MB}))
    report = collect(store, leave(store, declared("heavy", [f"{base}/un"])))
    store.close()
    assert report.status == "stopped"
    assert "VIGIE_MAX_COLLECTION_BYTES reached: 1000000" in report.message
    assert (report.pages, len(hostile.paths("heavy"))) == (9, 11)


def test_a_declaration_may_ask_for_smaller_answers(hostile: HostileServer, live_store: Store):
    base = hostile.site("small", {"/petit": a_post("petit"), "/grand": answer(posts("grand") + b" " * 50_000)})
    declaration = declared("small", [f"{base}/petit", f"{base}/grand"], max_bytes=20_000)
    report = collect(live_store, leave(live_store, declaration))
    assert (report.new, report.errors) == (1, {"too large": 1})


def test_the_minutes_of_a_collection_are_bounded(hostile: HostileServer, live_store: Store):
    base = hostile.site(
        "slow", {"/robots.txt": answer(b"User-agent: *\nCrawl-delay: 70", "text/plain"), "*": a_post("a")}
    )
    starts = [f"{base}/{number}" for number in range(5)]
    started = time.monotonic()
    report = collect(live_store, leave(live_store, declared("slow", starts, max_minutes=1)))
    assert report.status == "stopped"
    assert "max_minutes reached" in report.message
    assert len(hostile.paths("slow")) == 2
    assert time.monotonic() - started < 30  # what would come too late is not waited for
