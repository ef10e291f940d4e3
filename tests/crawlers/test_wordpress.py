"""WordPress: posts and comments by the API, each field; by the feeds, under the same names, where the API is closed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from kind_helpers import answer, declared, of_kind, read
from scrapy import Request

from crawlers.collector import Follow
from crawlers.keeping import Keeper
from crawlers.kinds import first_requests
from store.records import PostIn

SITE = "https://journal.example"
POSTS, COMMENTS = first_requests(declared("wordpress"))


@pytest.fixture
def posts() -> list[PostIn]:
    return read(of_kind("wordpress"), answer("wordpress_posts.json", POSTS))[0]


@pytest.fixture
def comments() -> list[PostIn]:
    return read(of_kind("wordpress"), answer("wordpress_comments.json", COMMENTS))[0]


def test_what_is_asked_first():
    assert POSTS.startswith(f"{SITE}/wp-json/wp/v2/posts?per_page=50")
    assert COMMENTS.startswith(f"{SITE}/wp-json/wp/v2/comments?per_page=50")
    within = f"{SITE}/blog/wp-json/wp/v2/posts?categories=4"
    assert first_requests(declared("wordpress", start_urls=[within])) == [within]
    assert first_requests(declared("wordpress", start_urls=[f"{SITE}/blog/?a=b"]))[0].startswith(
        f"{SITE}/blog/wp-json/"
    )


def test_pages_go_on_to_the_told_number():
    def follow(url: str, total: str) -> list[str]:
        response = answer("wordpress_posts.json", url, headers={"X-WP-TotalPages": total})
        return [one.url for one in read(of_kind("wordpress"), response)[2]]

    (second,) = follow(POSTS, "3")
    assert second == POSTS + "&page=2"
    assert follow(second, "3") == [POSTS + "&page=3"]
    assert follow(POSTS + "&page=3", "3") == []
    assert follow(POSTS, "many") == []


def test_what_needs_a_password_is_left(posts):
    assert [post.url for post in posts] == [f"{SITE}/biblio/", f"{SITE}/corvee/"]


def test_text(posts, comments):
    assert posts[0].text == "Dès lundi, ouvert jusqu’à 21 h.\n\nCafé gratuit le mardi."
    assert comments[0].text == "Enfin! Ma fille y passe ses soirées."


def test_id(posts, comments):
    assert [post.external_id for post in posts] == [f"{SITE}/?p=311", f"{SITE}/?p=309"]
    assert [post.external_id for post in comments] == ["comment-51", "comment-50"]


def test_title(posts, comments):
    assert posts[0].title == "La bibliothèque prolonge ses heures – dès lundi"
    assert comments[0].title == ""


def test_author(posts, comments):
    assert [post.author for post in posts] == ["Noémie T.", ""]
    assert comments[0].author == "Gilles & Maël"


def test_posted_at(posts, comments):
    assert posts[0].posted_at == datetime(2026, 2, 23, 14, 0, tzinfo=UTC)
    assert comments[0].posted_at == datetime(2026, 2, 24, 1, 2, 3, tzinfo=UTC)


def test_city(posts):
    assert (posts[0].city, posts[0].region) == ("Rimouski", "Bas-Saint-Laurent")
    assert (posts[1].city, posts[1].region) == ("", "Outaouais")


def test_a_capture_holds_words_only():
    capture = read(of_kind("wordpress"), answer("wordpress_posts.json", POSTS))[1][0]
    kept = json.loads(capture.content)
    assert kept["author"] == ["Noémie T."]
    assert not [word for word in ("gravatar", "biblio.jpg", "aperçu", "iframe") if word in str(kept)]


class TestClosed:
    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (401, {"code": "rest_not_logged_in", "message": "…", "data": {"status": 401}}),
            (403, {"code": "rest_forbidden", "message": "…"}),
            (404, {"code": "rest_no_route", "message": "…"}),
            (404, "article_short.html"),
        ],
    )
    @pytest.mark.parametrize(("asked", "feed"), [(POSTS, "/feed/"), (COMMENTS, "/comments/feed/")])
    def test_the_feed_is_read_instead(self, status, body, asked, feed):
        one = of_kind("wordpress")
        (request,) = one.arrived(answer(body, asked, status=status), "parse")
        assert isinstance(request, Request)
        assert (request.url, request.cb_kwargs["step"]) == (SITE + feed, "parse_feed")
        assert one.visit.notes == [f"closed: {asked.partition('?')[0]}: its feed is read"]

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_block_page_is_a_wall_and_not_a_closed_api(self, status):
        class Engineless:
            engine = None

        one = of_kind("wordpress")
        one.crawler = Engineless()
        assert list(one.arrived(answer("article_short.html", POSTS, status=status), "parse")) == []
        assert POSTS in one.visit.stopped

    def test_the_feed_names_posts_and_comments_as_the_api_does(self, posts, comments):
        one = of_kind("wordpress")
        by_feed = read(one, answer("wordpress.rss.xml", f"{SITE}/feed/"), "parse_feed")[0]
        assert [post.external_id for post in by_feed] == [post.external_id for post in posts]
        (said,) = read(one, answer("wordpress_comments.rss.xml", f"{SITE}/comments/feed/"), "parse_feed")[0]
        known = comments[0]
        assert (said.key, said.digest, said.url) == (known.key, known.digest, known.url)
        assert (said.author, said.posted_at) == (known.author, known.posted_at)

    def test_the_feed_is_read_to_its_end(self):
        one = of_kind("wordpress")
        follow = read(one, answer("wordpress.rss.xml", f"{SITE}/feed/"), "parse_feed")[2]
        assert follow == [Follow(f"{SITE}/feed/?paged=2", "parse_feed")]
        assert list(one.arrived(answer("article_short.html", f"{SITE}/feed/?paged=2", status=404), "parse_feed")) == []
        assert not one.visit.tally.errors

    def test_a_feed_that_is_not_there_is_an_error(self):
        one = of_kind("wordpress")
        assert list(one.arrived(answer("article_short.html", f"{SITE}/feed/", status=404), "parse_feed")) == []
        assert one.visit.tally.errors == {"http 404": 1}

    def test_an_open_api_is_read(self):
        kept: list[object] = []
        one = of_kind("wordpress")
        one.keeper = Keeper(lambda posts: kept.extend(posts) or [])
        assert list(one.arrived(answer("wordpress_posts.json", POSTS), "parse")) == []
        assert len(kept) == 2
