"""kill -9 at random moments while a site changes: nothing is lost or doubled, and marks say what is kept."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from changing_site import Site, serving
from forked import collected, killed
from parsel import Selector
from scrapy import Request
from scrapy.http import Response
from sqlalchemy import select

from crawlers.collector import Collector
from crawlers.found import Follow, Found
from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.captures import read_record
from store.store import Store
from store.tables import Capture, PageMark, Post, SourceMark

pytestmark = pytest.mark.thorough


class Api(Collector):
    """An API that gives what is newer than an id, newest first, page by page; it can read a post's own page."""

    kind = "feed"

    async def start(self) -> AsyncIterator[Request]:
        address = self.declaration.start_urls[0]
        yield self._request(Follow(f"{address}?since={self.since(address) or 0}&page=1"))

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        items = json.loads(response.body)
        for item in items:
            yield from self._one(response, str(item["id"]), item["text"])
        if items:
            self.reached(self.declaration.start_urls[0], str(items[0]["id"]))
            head, _, page = response.url.rpartition("=")
            yield Follow(f"{head}={int(page) + 1}")

    def reread(self, response: Response) -> Iterator[Found]:
        for item in Selector(text=response.text).css("article"):
            yield from self._one(response, item.attrib["data-id"], item.css("p::text").get(""))

    def _one(self, response: Response, name: str, text: str) -> Iterator[Found]:
        url = f"{self.declaration.start_urls[0].removesuffix('/api')}/p/{name}"
        fields = {"text": text, "external_id": name, "url": url}
        yield from self.found(fields, self.capture(response, text.encode(), "text/plain"))


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site({number: f"annonce {number}" for number in range(1, 21)})) as one:
        yield one


def declared(store: Store, site: Site, start: str = "/board", **changes: object) -> SourceDeclaration:
    declaration = SourceDeclaration.model_validate(site.declaration(start, **changes))
    declare(store, declaration)
    return declaration


def api(store: Store, site: Site, **changes: object) -> SourceDeclaration:
    return declared(store, site, "/api", kind="feed", selectors=None, **changes)


def kept(store: Store) -> dict[int, str]:
    with store.database.reading() as session:
        rows = session.scalars(select(Post)).all()
    assert len({row.external_id for row in rows}) == len(rows)
    return {int(row.external_id): row.text for row in rows}


def since(store: Store) -> list[str]:
    with store.database.reading() as session:
        return list(session.scalars(select(SourceMark.value).where(SourceMark.name.startswith("since:"))))


def check_captures(store: Store) -> None:
    with store.database.reading() as session:
        versions = {row.id: row.version for row in session.scalars(select(Post))}
        captures = list(session.scalars(select(Capture)))
    assert len(captures) == sum(versions.values()), "a version without a capture, or with two"
    for one in captures:
        assert read_record((store.settings.captures / one.path).read_bytes()).content


def check_marks(store: Store, site: Site) -> None:
    """Each mark that would make the site answer "unchanged" stands for posts that are kept as they are shown."""
    known = kept(store)
    with store.database.reading() as session:
        marks = {row.page: row.etag for row in session.scalars(select(PageMark))}
    for path in ["/board", *(f"/board?page={n}" for n in range(2, 30))]:
        page = site.page(path) or ""
        etag = f'"{hashlib.sha256(page.encode()).hexdigest()[:16]}"'
        if marks.get(hashlib.sha256((site.base + path).encode()).hexdigest()) == etag:
            shown = [int(one.attrib["data-id"]) for one in Selector(text=page).css("article")]
            assert all(known.get(number) == site.texts[number] for number in shown)


@pytest.mark.parametrize("kills", [5, pytest.param(30, marks=pytest.mark.slow)])
def test_a_changing_board(kills, site: Site, live_store: Store):
    dice, declaration = random.Random(6), declared(live_store, site)
    lasted, met = 1.0, 0
    for _ in range(kills):
        for _ in range(dice.randrange(12)):
            site.texts[max(site.texts) + 1] = f"annonce {max(site.texts) + 1}"
        newest = max(site.texts)
        site.texts[newest] = f"annonce {newest}, corrigée {dice.random()}"
        until = time.monotonic() + dice.uniform(0.1, lasted)
        began = time.monotonic()
        met += killed(live_store.settings, declaration, lambda until=until: time.monotonic() > until)
        lasted = max(lasted, 1.3 * (time.monotonic() - began))
        check_captures(live_store)
        check_marks(live_store, site)
        if dice.random() < 0.3:
            collected(live_store.settings, declaration)
            assert kept(live_store) == site.texts
    assert met >= kills * 2 // 3
    collected(live_store.settings, declaration)
    assert kept(live_store) == site.texts
    check_captures(live_store)


def test_how_far_an_api_was_read_is_known_only_when_all_of_it_was(site: Site, live_store: Store):
    declaration = api(live_store, site)
    assert collected(live_store.settings, declaration, Api).new == 20
    assert since(live_store) == ["20"]
    site.texts |= {number: f"annonce {number}" for number in range(21, 41)}
    path = "/api?since=20&page=4"
    site.answers[path] = "hang"
    assert killed(live_store.settings, declaration, lambda: path in site.paths, Api)
    assert since(live_store) == ["20"]
    site.answers[path] = 500
    assert collected(live_store.settings, declaration, Api).errors == {"http 500": 1}
    assert since(live_store) == ["20"]
    del site.answers[path]
    assert len(kept(live_store)) == 35
    assert collected(live_store.settings, declaration, Api).new == 5
    assert (since(live_store), kept(live_store)) == (["40"], site.texts)
    site.forget()
    collected(live_store.settings, declaration, Api)
    assert [path for path in site.paths if path.startswith("/api")] == ["/api?since=40&page=1"]


def test_a_page_bound_leaves_the_older_mark(site: Site, live_store: Store):
    declaration = api(live_store, site, max_pages=6)
    collected(live_store.settings, declaration, Api)
    site.texts |= {number: f"annonce {number}" for number in range(21, 71)}
    for _ in range(2):
        report = collected(live_store.settings, declaration, Api)
        assert (report.pages, report.notes) == (6, ["max_pages reached: 6"])
        assert since(live_store) == ["20"]


def test_an_edit_is_read_at_the_posts_own_address(site: Site, live_store: Store):
    declaration = api(live_store, site, max_pages=250)  # a tenth of the budget is for asking again: all of them
    collected(live_store.settings, declaration, Api)
    site.texts[4] = "annonce 4, corrigée"
    reports = [collected(live_store.settings, declaration, Api) for _ in range(2)]
    assert [report.edited for report in reports] == [1, 0]
    assert kept(live_store)[4] == "annonce 4, corrigée"
    check_captures(live_store)
