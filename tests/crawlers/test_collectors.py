"""Each collector on a saved page: every field, the next page, and what a capture holds."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from crawler_helpers import NOW, collector, page, saved_page
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse

from crawlers.collector import Collector
from crawlers.found import Follow
from crawlers.kinds import COLLECTORS
from crawlers.sources.declaration import load_source
from store.records import CaptureIn, PostIn

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = [
    ("board", "board.html", "parse"),
    ("forum", "forum_thread.html", "parse_thread"),
    ("feed", "feed.rss.xml", "parse"),
    ("feed", "feed.atom.xml", "parse"),
    ("timeline", "timeline.json", "parse"),
]


def read(one: Collector, response: Response, step: str = "parse") -> tuple[list[PostIn], list[CaptureIn], list[Follow]]:
    found = list(getattr(one, step)(response))
    kept = [pair for pair in found if not isinstance(pair, Follow)]
    return [post for post, _ in kept], [capture for _, capture in kept], [f for f in found if isinstance(f, Follow)]


def example(name: str) -> Collector:
    declaration = load_source(EXAMPLES / name)
    return COLLECTORS[declaration.kind](declaration, clock=lambda: NOW)


def test_a_board_page_gives_every_ad_and_the_next_page():
    posts, _, follow = read(collector("board"), page("board.html"))
    assert len(posts) == 25
    assert follow == [Follow("http://bourg.example/annonces?page=2")]
    first = next(post for post in posts if post.external_id == "h-001")
    assert first.kind == "ad"
    assert first.url == "http://bourg.example/annonces/h-001"
    assert first.title == "Vélo <img src=x onerror=alert(1)> à vendre"
    assert first.author == "velo_<b>marc</b>"
    assert (first.city, first.region) == ("Montréal", "Montréal")
    assert first.posted_at == datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    assert first.text.startswith("Vélo de montagne 24 pouces, freins neufs, 90 $. <script>document.location=")


def test_a_forum_index_gives_its_threads_and_its_next_page():
    posts, _, follow = read(collector("forum"), page("forum_index.html"))
    assert posts == []
    threads = [one.url for one in follow if one.step == "parse_thread"]
    assert len(threads) == 21
    assert "http://bourg.example/fil/affichage-brise" in threads
    assert Follow("http://bourg.example/?page=2") in follow


def test_a_thread_gives_its_posts_and_its_next_page():
    posts, _, follow = read(collector("forum"), page("forum_thread.html"), "parse_thread")
    assert len(posts) == 4
    assert follow == [Follow("http://bourg.example/fil/cafe-tricot-novembre?page=2", "parse_thread")]
    assert len({post.title for post in posts}) == 1
    assert posts[0].title
    assert all(post.posted_at and post.author and post.external_id.startswith("t2-") for post in posts)
    assert posts == sorted(posts, key=lambda post: post.posted_at)


@pytest.mark.parametrize(("name", "next_page"), [("feed.rss.xml", []), ("feed.atom.xml", ["/atom.xml?page=2"])])
def test_a_feed_gives_its_entries(name, next_page):
    posts, _, follow = read(collector("feed"), page(name))
    assert len(posts) in (20, 28)
    assert [one.url.removeprefix("http://bourg.example") for one in follow] == next_page
    assert all(post.text and post.title and post.author and post.external_id and post.posted_at for post in posts)
    assert not any("<p>" in post.text or "<br>" in post.text for post in posts)
    assert any(post.city and post.region for post in posts)


def test_a_timeline_gives_its_statuses_and_older_ones():
    posts, _, follow = read(
        collector("timeline"), page("timeline.json", "http://bourg.example/api/v1/timelines/public")
    )
    assert len(posts) == 10
    one = next(post for post in posts if post.author == "quiet.otter88")
    assert (one.city, one.region, one.kind) == ("Gatineau", "Outaouais", "post")
    assert one.text.endswith("&lt;b&gt;help&lt;/b&gt; grade 9 btw")
    assert one.posted_at == datetime(2026, 3, 2, 8, 24, tzinfo=UTC)
    assert one.url == f"http://bourg.example/@{one.external_id}"
    assert follow == [Follow(f"http://bourg.example/api/v1/timelines/public?max_id={posts[-1].external_id}")]


def test_a_timeline_prefers_the_servers_link_and_ends_on_an_empty_page():
    link = {"Link": '<http://bourg.example/a?max_id=7>; rel="next", <http://bourg.example/a?min_id=9>; rel="prev"'}
    response = TextResponse("http://bourg.example/a", body=saved_page("timeline.json"), headers=link)
    assert read(collector("timeline"), response)[2] == [Follow("http://bourg.example/a?max_id=7")]
    assert read(collector("timeline"), TextResponse("http://bourg.example/a", body=b"[]", headers=link))[2] == []


def test_boosts_and_statuses_that_are_not_public_are_left_out():
    statuses = [
        {"id": "1", "content": "<p>a</p>", "reblog": {"id": "0"}},
        {"id": "2", "content": "<p>b</p>", "reblog": None, "visibility": "private"},
        {"id": "3", "content": "<p>c</p>", "reblog": None, "visibility": "public"},
    ]
    response = TextResponse("http://bourg.example/a", body=json.dumps(statuses).encode())
    assert [post.external_id for post in read(collector("timeline"), response)[0]] == ["3"]


@pytest.mark.parametrize(("site", "name", "step"), PAGES)
def test_a_capture_holds_one_post_as_text_and_the_digest_of_the_whole(site, name, step):
    posts, captures, _ = read(collector(site), page(name), step)
    whole = hashlib.sha256(saved_page(name)).hexdigest()
    assert {capture.response_sha256 for capture in captures} == {whole}
    assert {capture.fetched_at for capture in captures} == {NOW}
    for post, capture in zip(posts, captures, strict=True):
        others = [other.external_id for other in posts if other.external_id != post.external_id]
        held = capture.content.decode("utf-8")
        assert post.external_id in held
        assert not any(f'"{other}"' in held or f">{other}<" in held for other in others)
        assert "/photos/" not in held or site == "feed"  # a feed's markup is text inside its XML


def test_another_board_is_read_by_its_yaml_alone():
    url = "https://babillard.example/annonces.php"
    response = HtmlResponse(url, body=saved_page("babillard.html"), headers={"Content-Type": "text/html"})
    one = example("board.yaml")
    posts, captures, follow = read(one, response)
    assert [post.external_id for post in posts] == ["4012", "4011"]
    assert (
        posts[0].text
        == "Poêle à bois, année 1988, à venir chercher.\nFaut être deux: c'est pesant.\n\nDemander Réjeanne"
    )
    assert (posts[0].city, posts[0].region) == ("Saint-Jérôme", "Laurentides")
    assert posts[0].posted_at == datetime(2026, 2, 14, 23, 5, tzinfo=UTC)
    assert posts[1].text == "Prof à la retraite. 25 $ l'heure, à la bibliothèque."
    assert b"img" not in captures[1].content
    assert b"suivre()" not in captures[1].content
    assert follow == [Follow("https://babillard.example/annonces.php?page=2")]
    assert one.visit.tally.dropped == {"no text": 1}


def test_another_feed_is_read_by_its_yaml_alone():
    response = XmlResponse("https://journal.example/feed/", body=saved_page("wordpress.rss.xml"))
    posts, captures, _ = read(example("feed.yaml"), response)
    assert posts[0].text == "Dès lundi, ouvert jusqu’à 21 h.\n\nCafé gratuit le mardi."
    assert (posts[0].author, posts[0].city, posts[0].region) == ("Noémie T.", "Verdun", "Montréal")
    assert posts[1].posted_at == datetime(2026, 2, 22, 14, 15, tzinfo=UTC)
    assert posts[1].region == "Montréal"  # the declaration's
    assert b"media:content" not in captures[0].content


def test_links_that_are_no_web_pages_are_not_followed():
    html = '<a rel="next" href="javascript:alert(1)">x</a>'
    assert read(collector("board"), HtmlResponse("http://bourg.example/", body=html.encode()))[2] == []
    for href in ("mailto:a@b.example", "http://[broken", "ftp://bourg.example/", "data:text/html,x"):
        body = f'<a rel="next" href="{href}">x</a>'.encode()
        follow = read(collector("board"), HtmlResponse("http://bourg.example/", body=body))[2]
        assert all(urlsplit(one.url).scheme in ("http", "https") for one in follow)
