"""Sitemaps sent as packed files, from a real server: read by that kind only, within bounds."""

from __future__ import annotations

import gzip

import pytest
from crawler_helpers import leave
from hostile_server import HostileServer, Reply, answer, bomb, declared
from sqlalchemy import select

from crawlers.run import collect
from store.store import Store
from store.tables import Post

pytestmark = pytest.mark.thorough

PAGE = b"<!doctype html><meta charset=utf-8><article><p>Cherche un divan, %s, merci.</p></article>"


def sitemap(*urls: str, index: bool = False) -> bytes:
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    listed = "".join(f"<{inner}><loc>{url}</loc></{inner}>" for url in urls)
    return f"<{outer}>{listed}</{outer}>".encode()


def a_file(body: bytes, kind: str = "application/gzip") -> Reply:
    return answer(gzip.compress(body), kind)


def test_a_packed_file_is_a_sitemap_only_by_its_name_and_in_its_place(live_store: Store, hostile: HostileServer):
    replies: dict[str, Reply] = {}
    base = hostile.site("journal", replies)
    names = ("un.xml.gz", "deux.XML.GZ", "trois.xml", "bombe.xml.gz")
    replies |= {
        "/sitemap.xml": answer(sitemap(*(f"{base}/{name}" for name in names), index=True), "application/xml"),
        "/un.xml.gz": a_file(sitemap(f"{base}/a", f"{base}/photos.gz")),
        "/deux.XML.GZ": a_file(sitemap(f"{base}/b"), "application/x-gzip"),
        "/trois.xml": a_file(sitemap(f"{base}/c")),
        "/bombe.xml.gz": answer(bomb("gzip", 50), "application/gzip"),
        "/photos.gz": a_file(PAGE % b"pas une page"),
        **{f"/{name}": answer(PAGE % name.encode()) for name in "abc"},
    }
    told = {"kind": "sitemap", "selectors": None}
    report = collect(live_store, leave(live_store, declared("journal", [f"{base}/sitemap.xml"], **told)))
    with live_store.database.reading() as session:
        assert sorted(session.scalars(select(Post.external_id))) == [f"{base}/a", f"{base}/b"]
    assert report.dropped == {"type application/gzip": 1, "not text": 2}  # trois.xml; the bomb's zeros and photos.gz
    assert report.errors == {}


def test_other_kinds_take_no_packed_file(live_store: Store, hostile: HostileServer):
    base = hostile.site("babillard", {"/liste.gz": a_file(PAGE % b"rien")})
    report = collect(live_store, leave(live_store, declared("babillard", [f"{base}/liste.gz"])))
    assert (report.new, report.dropped) == (0, {"type application/gzip": 1})
