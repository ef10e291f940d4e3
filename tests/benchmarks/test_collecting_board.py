"""The board of the collecting benchmark: Vigie's collector and the bare spider read the same of its pages."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from benchmarks.collecting.bare import Bare
from benchmarks.collecting.site import Shape, page
from benchmarks.collecting.unkept import declaration
from crawlers.found import Follow
from crawlers.kinds.board import Board

BASE = "http://127.0.0.1:8001"
FIELDS = ("external_id", "url", "title", "text", "author", "city")


def answered(shape: Shape, chain: int, number: int) -> HtmlResponse:
    url = shape.starts(BASE)[chain].removesuffix("0") + str(number)
    return HtmlResponse(url, body=page(shape, chain, number).encode(), encoding="utf-8", request=Request(url))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_both_read_the_same_posts_and_the_same_next_page(number: int) -> None:
    shape = Shape(chains=2, length=3, posts=4)
    given = answered(shape, 1, number)
    ours = list(Board(declaration(shape.starts(BASE), shape.pages)).parse(given))
    bare = list(Bare(shape.starts(BASE)).parse(given))
    posts = [one[0] for one in ours if not isinstance(one, Follow)]
    theirs = [one for one in bare if isinstance(one, dict)]
    assert len(posts) == shape.posts
    assert [[getattr(post, name) for name in FIELDS] for post in posts] == [[one[n] for n in FIELDS] for one in theirs]
    assert [post.posted_at.isoformat() for post in posts if post.posted_at] == [one["posted_at"] for one in theirs]
    onward = [one.url for one in ours if isinstance(one, Follow)]
    assert onward == [one.url for one in bare if isinstance(one, Request)]
    assert len(onward) == (number < shape.length - 1)


def test_no_post_stands_twice_and_each_is_counted() -> None:
    shape = Shape(chains=3, length=5, posts=2, every=2)
    collector = Board(declaration(shape.starts(BASE), shape.pages))
    pages = [(chain, number) for chain in range(shape.chains) for number in range(shape.length)]
    found = [one for at in pages for one in collector.parse(answered(shape, *at)) if not isinstance(one, Follow)]
    ids = [post.external_id for post, _ in found]
    assert len(ids) == len(set(ids)) == shape.kept() == 18
