"""A walk that its page bound cuts short goes on at the next collection, until all was read; then it is incremental."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from changing_site import Site, serving
from forked import collected
from sqlalchemy import select

from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.store import Store
from store.tables import Post, SourceMark

pytestmark = pytest.mark.thorough

Again = Callable[..., SimpleNamespace]
_ARTICLE = {"item": "article", "id": "./@data-id", "text": "p"}


class Listing(Site):
    """The posts' own pages by a sitemap, with or without days; and topics of three posts each, two on a page."""

    dated = True
    long_topic = 0
    bumped: dict[int, int]

    def page(self, path: str) -> str | None:
        parts = urlsplit(path)
        if parts.path == "/sitemap.xml":
            return f"<urlset>{''.join(map(self._entry, self.texts))}</urlset>"
        if parts.path == "/latest.json":
            return json.dumps({"topic_list": {"topics": [self._topic(number) for number in self.texts]}})
        if parts.path.startswith("/t/"):
            number = int(parts.path.removeprefix("/t/").removesuffix(".json"))
            return self._posts(number, int(parse_qs(parts.query).get("page", ["1"])[0]))
        return super().page(path)

    def at(self, number: int) -> str:
        return (self.began + timedelta(minutes=self.bumped.get(number, number))).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _entry(self, number: int) -> str:
        last = f"<lastmod>{self.at(number)}</lastmod>" if self.dated else ""
        return f"<url><loc>{self.base}/p/{number}</loc>{last}</url>"

    def _topic(self, number: int) -> dict[str, object]:
        return {"id": number, "last_posted_at": self.at(number)}

    def _posts(self, number: int, page: int) -> str:
        ids = [number * 1000 + one for one in range(40 if number == self.long_topic else 3)]
        shown = [{"id": one, "cooked": f"<p>{self.texts[number]}, {one}</p>"} for one in ids[2 * page - 2 : 2 * page]]
        stream = {"stream": ids, "posts": shown}
        return json.dumps({"title": "Fil", "chunk_size": 2, "post_stream": stream})


@pytest.fixture
def site() -> Iterator[Listing]:
    made = Listing({number: f"annonce {number}" for number in range(1, 13)}, etags=False)
    made.bumped = {}
    with serving(made) as one:
        yield one


@pytest.fixture
def again(live_store: Store, site: Listing) -> Again:
    """Collect the site once more; its log is cleared before."""

    def one(start: str, **changes: object) -> SimpleNamespace:
        declaration = SourceDeclaration.model_validate(site.declaration(start, **changes))
        declare(live_store, declaration)
        site.forget()
        return collected(live_store.settings, declaration)

    return one


def names(store: Store) -> list[int]:
    with store.database.reading() as session:
        return sorted(map(int, session.scalars(select(Post.external_id))))


def listed(store: Store) -> int:
    with store.database.reading() as session:
        return len(session.scalars(select(SourceMark).where(SourceMark.name.startswith("listed:"))).all())


def by_sitemap(again: Again) -> SimpleNamespace:
    return again("/sitemap.xml", kind="sitemap", selectors=_ARTICLE, max_pages=5)


def test_a_sitemap_is_read_to_its_end_and_then_by_what_changed(site: Listing, live_store: Store, again: Again):
    reports = [by_sitemap(again) for _ in range(3)]
    assert [report.new for report in reports] == [4, 4, 4]
    assert [bool(report.notes) for report in reports] == [True, True, False]
    assert names(live_store) == sorted(site.texts)
    assert listed(live_store) == 0
    site.texts[13] = "annonce 13"
    assert by_sitemap(again).new == 1
    assert "/p/13" in site.paths
    assert len(site.paths) <= 4  # the sitemap, both that may have changed, and one that was not met


def test_what_changed_meanwhile_is_read_again(site: Listing, live_store: Store, again: Again):
    by_sitemap(again)
    site.texts[12], site.bumped[12] = "annonce 12, corrigée", 30
    report = by_sitemap(again)
    assert (report.new, report.edited) == (3, 1)
    assert sorted(site.paths[1:]) == ["/p/12", "/p/6", "/p/7", "/p/8"], "the newest first"


@pytest.mark.slow
def test_addresses_that_are_dead_or_forbidden_hold_nothing_up(site: Listing, live_store: Store, again: Again):
    site.answers = {f"/p/{number}": 404 for number in (12, 11, 10)}
    site.robots = "User-agent: *\nDisallow: /p/9\nDisallow: /p/8\n"
    for _ in range(4):
        by_sitemap(again)
    assert names(live_store) == list(range(1, 8))


@pytest.mark.slow
def test_without_days_a_sitemap_is_read_in_turn(site: Listing, live_store: Store, again: Again):
    site.dated = False
    assert [by_sitemap(again).new for _ in range(3)] == [4, 4, 4]
    site.texts = {number: f"{text}, corrigée" for number, text in site.texts.items()}
    assert sum(by_sitemap(again).edited for _ in range(3)) == 12


@pytest.mark.slow
def test_where_each_collection_is_a_day_after_the_last_every_other_one_goes_on(
    site: Listing, live_store: Store, again: Again
):
    new = []
    for _ in range(4):
        new.append(by_sitemap(again).new)
        with live_store.database.writing() as session:
            for mark in session.scalars(select(SourceMark)):
                mark.seen_at -= timedelta(hours=25)
    assert new == [4, 4, 0, 4]


def test_long_topics_are_read_to_their_end_and_hold_no_other_up(site: Listing, live_store: Store, again: Again):
    site.texts = {number: site.texts[number] for number in range(1, 7)}
    site.long_topic = 6
    told = {"kind": "discourse", "selectors": None, "max_pages": 8}
    for _ in range(4):
        again("/latest.json", **told)
    short = [number * 1000 + one for number in range(1, 6) for one in range(3)]
    assert [name for name in names(live_store) if name < 6000] == short
    assert len(names(live_store)) > len(short)
