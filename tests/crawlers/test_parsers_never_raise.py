"""Collectors over broken and odd pages: no exception, and what is read is still bounded and valid."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

import pytest
from crawler_helpers import collector, saved_page
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kind_helpers import STARTS, of_kind
from odd_pages import PIECES, changed, wrong_types
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from crawlers.collector import Collector
from crawlers.found import Follow
from crawlers.keeping import Page
from crawlers.kinds import COLLECTORS
from store.records import PostIn

SELECTORS = {"item": "#contenu", "text": "p", "title": "h1", "without": "script"}
MAKERS: dict[str, Callable[[], Collector]] = {
    "board": lambda: collector("board"),
    "forum": lambda: collector("forum"),
    "feed": lambda: collector("feed"),
    **{kind: (lambda kind=kind: of_kind(kind)) for kind in STARTS},
    "sitemap with selectors": lambda: of_kind("sitemap", selectors=SELECTORS),
}
PAGES = [
    ("board", "board.html", "parse"),
    ("forum", "forum_index.html", "parse"),
    ("forum", "forum_thread.html", "parse_thread"),
    ("phpbb", "phpbb_index.html", "parse"),
    ("phpbb", "phpbb_forum.html", "parse"),
    ("phpbb", "phpbb_topic.html", "parse_thread"),
    ("phpbb", "phpbb30_topic.html", "parse_thread"),
    ("discourse", "discourse_latest.json", "parse"),
    ("discourse", "discourse_topic.json", "parse_topic"),
    ("feed", "feed.rss.xml", "parse"),
    ("feed", "feed.atom.xml", "parse"),
    ("feed", "wordpress.rss.xml", "parse"),
    ("wordpress", "wordpress_posts.json", "parse"),
    ("wordpress", "wordpress_comments.json", "parse"),
    ("wordpress", "wordpress_comments.rss.xml", "parse_feed"),
    ("mastodon", "timeline.json", "parse"),
    ("mastodon", "timeline_tag.json", "parse"),
    ("bluesky", "bluesky_feed.json", "parse"),
    ("bluesky", "bluesky_records.json", "parse"),
    ("sitemap", "sitemap_index.xml", "parse"),
    ("sitemap", "sitemap.xml", "parse"),
    ("sitemap", "article.html", "parse_article"),
    ("sitemap", "article_short.html", "parse_article"),
    ("sitemap with selectors", "article_short.html", "parse_article"),
]
STEPS = sorted({(kind, step) for kind, _, step in PAGES})
ANSWERS: list[type[TextResponse]] = [HtmlResponse, XmlResponse, TextResponse]
ADDRESSES = ("https://bourg.example/a?b=c&page=2", "https://bourg.example/t/1.json?page=x", "http://[::1]:80/#a")
MOST_SECONDS = 20.0
"""For one page: a bound against pages that take for ever, with room for a busy machine."""


def swallow(one: Collector, step: str, response: Response) -> int:
    """Read an answer as a collection does, hold what comes against its bounds, and return how many posts came."""
    began = time.perf_counter()
    read = list(getattr(one, step)(response))
    assert time.perf_counter() - began < MOST_SECONDS
    posts = [pair for pair in read if not isinstance(pair, Follow)]
    for follow in read:
        if isinstance(follow, Follow):
            assert Request(follow.url).url.startswith(("http://", "https://"))
            assert hasattr(one, follow.step)
    for post, capture in posts:
        valid(post)
        assert isinstance(capture.content, bytes)
        assert len(capture.content) <= 20 * len(response.body) + 10_000
        if capture.content_type == "application/json":
            assert isinstance(json.loads(capture.content), dict)
    return len(posts)


def valid(post: PostIn) -> None:
    assert PostIn.model_validate(post.model_dump()) == post
    assert post.text.strip()
    assert len(post.text) <= 1_000_000
    assert max(map(len, (post.title, post.author, post.city, post.region, post.external_id))) <= 500
    assert len(post.url) <= 2000
    assert not post.url or post.url.startswith("http")
    assert post.key
    assert len(post.digest) == 64
    assert all(isinstance(value, str) for value in post.provenance.values())


def odd_pages(name: str) -> Iterator[bytes]:
    """Yield changed pages without end; for JSON every second one has a value of the wrong type."""
    body = saved_page(name)
    body = body if name.endswith(".json") else body[:9000]
    typed = wrong_types(body) if name.endswith(".json") else iter(())
    for seed in count():
        yield changed(body, seed)
        yield from islice(typed, 1)


def swallow_many(kind: str, step: str, pages: Iterator[bytes]) -> tuple[int, int]:
    one, posts, number = MAKERS[kind](), 0, 0
    for number, body in enumerate(pages, start=1):
        response = ANSWERS[number % 3](ADDRESSES[number % 7 % 3], body=body)
        posts += swallow(one, step, response)
        if number % 10 == 0 and step == "parse":
            assert all(isinstance(out, Page | Request) for out in arrived(one, response, step))
    return number, posts


def arrived(one: Collector, response: Response, step: str) -> list[Any]:
    crawler = type("Engineless", (), {"engine": None})()
    one.crawler, crawler.spider = crawler, one
    return list(one.arrived(response, step))


def test_every_kind_is_swallowed():
    assert set(COLLECTORS) <= set(MAKERS)
    assert {kind for kind, _, _ in PAGES} == set(MAKERS)


@pytest.mark.parametrize(("kind", "name", "step"), PAGES)
def test_the_saved_page_itself_is_read(kind, name, step):
    response = HtmlResponse(ADDRESSES[0], body=saved_page(name))
    one = MAKERS[kind]()
    assert list(getattr(one, step)(response))
    swallow(one, step, response)


@pytest.mark.parametrize(("kind", "name", "step"), PAGES)
def test_some_odd_pages(kind, name, step):
    read, posts = swallow_many(kind, step, islice(odd_pages(name), 52))
    print(f"{kind} {name}: {read} odd pages, {posts} posts")  # noqa: T201 - the figure is asked for


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_three_thousand_odd_pages(kind):
    pages = [(name, step) for one, name, step in PAGES if one == kind]
    read = posts = 0
    for name, step in pages:
        more, found = swallow_many(kind, step, islice(odd_pages(name), 100, 100 + 3000 // len(pages) + 1))
        read, posts = read + more, posts + found
    print(f"{kind}: {read} odd pages, {posts} posts, no exception")  # noqa: T201 - the figure is asked for
    assert read >= 3000
    assert posts > 0


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "name", "step"), [one for one in PAGES if one[1].endswith(".json") and one[1] != "timeline.json"]
)
def test_wrong_types_at_every_path(kind, name, step):
    read, posts = swallow_many(kind, step, wrong_types(saved_page(name)))
    print(f"{kind} {name}: {read} answers with a wrong type, {posts} posts")  # noqa: T201 - the figure is asked for
    assert read > 300


@pytest.mark.parametrize(("kind", "step"), STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)))
def test_noise(kind, step, body):
    for answer in ANSWERS:
        swallow(MAKERS[kind](), step, answer(ADDRESSES[0], body=body))


NAMES = [
    *("id", "content", "created_at", "account", "acct", "tags", "name", "url", "reblog", "visibility", "post", "feed"),
    *("record", "text", "uri", "records", "value", "cursor", "post_stream", "posts", "stream", "topic_list", "topics"),
    *("cooked", "title", "rendered", "guid", "_embedded", "author", "wp:term", "link", "date_gmt", "labels"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)
JSON_STEPS = sorted({(kind, step) for kind, name, step in PAGES if name.endswith(".json")})


@pytest.mark.parametrize(("kind", "step"), JSON_STEPS)
@settings(max_examples=40, deadline=None)
@given(value=JSON)
def test_any_json(kind, step, value):
    for whole in (value, [value], {"feed": [value], "topic_list": value, "post_stream": value}):
        swallow(MAKERS[kind](), step, TextResponse(ADDRESSES[0], body=json.dumps(whole).encode("utf-8", "replace")))


@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_deep_nesting(kind, step):
    times = 2000 if "feed" in (kind, step.removeprefix("parse_")) else 10_000
    for opened in (b"[", b'{"a":', b"<b>", b"<div>", b"<url>", b"<p class=corps>"):
        body = b"<article class=annonce data-id=1><p class=corps>" + opened * times + b"x"
        for whole in (body, opened * times):
            swallow(MAKERS[kind](), step, HtmlResponse(ADDRESSES[0], body=whole))


MANY = {
    "phpbb": b'<div class="post" id="p1"><p class=content>x</p></div>',
    "forum": b"<div class=message>",
    "sitemap": b"<p>a</p>",
}


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("kind", "step"), [("phpbb", "parse_thread"), ("forum", "parse_thread"), ("sitemap", "parse_article")]
)
def test_a_page_of_very_many_or_nested_elements_takes_time_in_proportion(kind, step):
    def seconds(times: int) -> float:
        response = HtmlResponse(ADDRESSES[0], body=b"<html><body><article>" + MANY[kind] * times)
        return min(timed(MAKERS[kind](), step, response) for _ in range(2))

    few, many = seconds(250), seconds(1000)
    assert many < 16 * max(few, 0.01)


def timed(one: Collector, step: str, response: Response) -> float:
    began = time.process_time()
    list(getattr(one, step)(response))
    return time.process_time() - began


def test_a_packed_answer_that_is_no_text():
    for body in (gzip.compress(b"<urlset>"), gzip.compress(b"\0" * 100), b"\x1f\x8b", b""):
        assert all(
            isinstance(out, Page | Request)
            for out in arrived(of_kind("sitemap"), Response(ADDRESSES[0], body=body), "parse")
        )
