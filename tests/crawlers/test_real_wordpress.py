"""A real WordPress, filled through its REST API and collected by every kind that reads one."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from real_sites import SECRET, Collected, fictional_texts, letters
from required import cannot

from scripts.services.sites import Unavailable, WordPress
from store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.long]

POSTS, COMMENTS = 56, 6
EXCERPT = 100
"""Letters that every excerpt on a page of the theme has, where the post has as many."""
_FIRST = datetime(2025, 3, 1, 12, tzinfo=UTC)
_HIDDEN: list[dict[str, Any]] = [
    {"status": "draft"},
    {"status": "pending"},
    {"status": "private"},
    {"status": "future", "date_gmt": "2045-01-01T00:00:00"},
    {"password": "sesame"},
]


class Site:
    """The site, and what it shows in public by now: each post's and comment's letters by its name."""

    def __init__(self, wordpress: WordPress) -> None:
        self.wordpress = wordpress
        self.host = wordpress.url.removeprefix("http://")
        self.texts = fictional_texts()
        self.written = 0
        self.filled = 0.0
        self._commented: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.links: dict[str, str] = {}
        self.posts: dict[str, str] = {}
        self.comments: dict[str, str] = {}

    def fill(self) -> None:
        self.publish(*islice(self.texts, POSTS))
        self.wordpress.add("/wp/v2/posts", [self._post(f"{SECRET} {more}", **more) for more in _HIDDEN])
        for text in islice(self.texts, COMMENTS):
            self.comment(text)
        self._comment(f"{SECRET} en attente", status="hold")
        self.filled = time.monotonic()

    def publish(self, *texts: str) -> str:
        for made, text in zip(self.wordpress.add("/wp/v2/posts", list(map(self._post, texts))), texts, strict=True):
            name = made["guid"]["rendered"]
            self.numbers[name], self.links[name], self.posts[name] = made["id"], made["link"], letters(text)
        return name

    def edit(self, name: str, text: str) -> None:
        self.wordpress.call("POST", f"/wp/v2/posts/{self.numbers[name]}", {"content": _paragraphs(text)})
        self.posts[name] = letters(text)

    def a_post_with_a_namesake(self) -> str:
        """Return such a post as Avis 2: once it is deleted, WordPress leads from its page to that of Avis 20."""
        starts = {name: self.links[name].rstrip("/") for name in self.posts if name not in self._commented}
        return next(name for name, start in starts.items() if f"{start}0/" in map(self.links.get, self.posts))

    def delete(self, name: str) -> None:
        self.wordpress.call("DELETE", f"/wp/v2/posts/{self.numbers[name]}")
        del self.posts[name]

    def bring_back(self, name: str, text: str) -> None:
        """Take a post out of the bin, with its address, which the bin changes."""
        told = {"status": "publish", "slug": self.links[name].rstrip("/").rpartition("/")[2]}
        self.wordpress.call("POST", f"/wp/v2/posts/{self.numbers[name]}", told)
        self.posts[name] = text

    def comment(self, text: str) -> str:
        name = f"comment-{self._comment(text, status='approved')['id']}"
        self.comments[name] = letters(text)
        return name

    def delete_comment(self, name: str) -> None:
        self.wordpress.call("DELETE", f"/wp/v2/comments/{name.removeprefix('comment-')}")
        del self.comments[name]

    def _post(self, text: str, **more: Any) -> dict[str, Any]:
        self.written += 1
        at = f"{_FIRST + timedelta(hours=7 * self.written):%Y-%m-%dT%H:%M:%S}"
        told = {"title": f"Avis {self.written}", "content": _paragraphs(text), "date_gmt": at, "status": "publish"}
        return told | more

    def _comment(self, text: str, status: str) -> Any:
        self._commented = {next(iter(self.numbers))}
        told = {"post": self.numbers[next(iter(self._commented))], "content": text, "author_name": "Lise B."}
        told |= {"author_email": "lise@courriel.example", "status": status}
        return self.wordpress.call("POST", "/wp/v2/comments", told)


def _paragraphs(text: str) -> str:
    first, _, rest = text.partition(". ")
    return "".join(f"<p>{html.escape(part)}</p>\n" for part in (first, rest) if part)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        wordpress = WordPress.start(tmp_path_factory.mktemp("wordpress"))
    except Unavailable as reason:
        cannot(reason)
    with wordpress:
        site = Site(wordpress)
        site.fill()
        yield site


class Kind:
    """A source of one kind on the site, and what of the site it is to bring."""

    def __init__(self, kind: str, site: Site, store: Store) -> None:
        self.kind, self.site = kind, site
        self.source = Collected(store, kind, site.host, **getattr(self, f"_{kind}")(site.wordpress.url))

    def collected(self) -> dict[str, str]:
        texts = self.source.texts()
        return {name: text[:EXCERPT] for name, text in texts.items()} if self.kind == "board" else texts

    def expected(self) -> dict[str, str]:
        if self.kind == "wordpress":
            return self.site.posts | self.site.comments
        if self.kind == "feed":
            return self.site.posts
        length = EXCERPT if self.kind == "board" else None
        return {self.site.links[name]: text[:length] for name, text in self.site.posts.items()}

    def name(self, post: str) -> str:
        return post if self.kind in ("wordpress", "feed") else self.site.links[post]

    @staticmethod
    def _wordpress(url: str) -> dict[str, Any]:
        return {"start_urls": [url + "/"]}

    def _feed(self, url: str) -> dict[str, Any]:
        pages = -(-(len(self.site.posts) + 2) // 10)  # with the locked post, and the one that a test adds
        return {"start_urls": [f"{url}/feed/?paged={number + 1}" for number in range(pages)]}

    @staticmethod
    def _sitemap(url: str) -> dict[str, Any]:
        return {"start_urls": [url + "/wp-sitemap.xml"], "only_paths": ["/2025/"]}

    @staticmethod
    def _board(url: str) -> dict[str, Any]:
        selectors = {
            "item": "ul.wp-block-post-template li.wp-block-post:not(.post-password-required)",
            "text": ".wp-block-post-excerpt__excerpt",
            "title": ".wp-block-post-title",
            "link": ".wp-block-post-title a::attr(href)",
            "posted_at": ".wp-block-post-date time::attr(datetime)",
            "next": "a.wp-block-query-pagination-next::attr(href)",
        }
        return {"start_urls": [url + "/"], "selectors": selectors}


@pytest.fixture(params=["wordpress", "feed", "board", "sitemap"])
def kind(request: pytest.FixtureRequest, site: Site, live_store: Store) -> Kind:
    return Kind(request.param, site, live_store)


def test_what_is_public_arrives_once_and_edits_too(kind: Kind, site: Site):
    before = len(site.wordpress.requests())
    first = kind.source.collect()
    asked = site.wordpress.requests()[before:]
    assert kind.collected() == kind.expected()
    assert first.new == len(kind.expected())
    posts = kind.source.posts()
    assert not [post for post in posts if SECRET in post.text + post.title]
    assert {post.posted_at.year for post in posts if not post.external_id.startswith("comment-")} == {2025}
    assert {one["method"] for one in asked} == {"GET"}
    assert not [one for one in asked if one["cookie"] or one["referer"] or one["authorization"]]
    assert not [one["path"] for one in asked if "/wp-login" in one["path"] or "/wp-admin" in one["path"]]
    site.edit(list(site.posts)[7], next(site.texts))
    site.publish(next(site.texts))
    reports = [kind.source.collect(), kind.source.collect_in_full()]
    assert kind.collected() == kind.expected()
    assert [report.new for report in reports] == [1, 0]
    assert sum(report.edited for report in reports) == 1


def test_a_site_that_closes_its_api_is_read_by_its_feeds_and_nothing_doubles(site: Site, live_store: Store):
    kind = Kind("wordpress", site, live_store)
    kind.source.collect()
    with site.wordpress.api_closed():
        before = len(site.wordpress.requests())
        site.publish(next(site.texts))
        by_feed = kind.source.collect()
        asked = [one["path"] for one in site.wordpress.requests()[before:] if not one["authorization"]]
    assert (by_feed.new, by_feed.edited) == (1, 0)
    assert kind.collected() == kind.expected()
    assert any(path.startswith("/feed/") for path in asked)
    assert not {one["cookie"] for one in site.wordpress.requests()} - {""}


def test_what_is_deleted_is_noticed_and_what_comes_back_too(kind: Kind, site: Site):
    kind.source.collect()
    post = site.a_post_with_a_namesake()
    text = site.posts[post]
    before = len(site.wordpress.requests())
    site.delete(post)
    deleted = {kind.name(post)}
    if kind.kind == "wordpress":
        comment = list(site.comments)[-1]
        site.delete_comment(comment)
        deleted.add(comment)
    for _ in range(2):  # a post is gone when its source has denied it twice
        kind.source.collect_in_full()
    assert kind.source.gone() == deleted
    assert kind.collected() == kind.expected()
    paths = [one["path"] for one in site.wordpress.requests()[before:]]
    own = urlsplit(site.links[post]).path
    assert [other for asked, other in pairwise(paths) if asked == own and other.startswith(own.rstrip("/"))]
    site.bring_back(post, text)
    for _ in range(2):  # a post is gone when its source has denied it twice
        kind.source.collect_in_full()
    assert kind.source.gone() == deleted - {kind.name(post)}
    assert kind.collected() == kind.expected()


def test_an_edit_far_down_is_read_at_the_next_collection(site: Site, live_store: Store):
    start = f"{site.wordpress.url}/wp-json/wp/v2/posts?per_page=5"
    source = Collected(live_store, "wordpress", site.host, start_urls=[start])
    time.sleep(max(0.0, site.filled + 61 - time.monotonic()))  # else all posts changed in the last minute
    source.collect()
    before = len(site.wordpress.requests())
    site.edit(next(iter(site.posts)), next(site.texts))
    report = source.collect()
    asked = [one["path"] for one in site.wordpress.requests()[before:]]
    assert (report.new, report.edited) == (0, 1)
    assert source.texts() == site.posts
    assert any("modified_after=" in path for path in asked)
    assert not any(path.endswith("&page=6") for path in asked)
