"""WordPress: posts and comments by the API, each field; by the feeds, under the same names, where the API is closed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from awaited import awaited
from kind_helpers import answer, declared, of_kind, read
from scrapy import Request

from crawlers.found import Follow
from crawlers.keeping import Keeper
from crawlers.kinds import first_requests
from crawlers.kinds.wordpress import WordPress
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


class TestAskedForByItself:
    POST, PAGE = f"{SITE}/?p=311", f"{SITE}/biblio/"

    def test_it_is_by_its_number_in_the_api_of_its_site(self):
        one = of_kind("wordpress", start_urls=[f"{SITE}/blog/", f"{SITE}/"])
        assert one.address_of(self.POST, self.PAGE).startswith(f"{SITE}/wp-json/wp/v2/posts?include=311&_embed=")
        assert one.address_of("comment-51", f"{SITE}/blog/a/#comment-51").startswith(
            f"{SITE}/blog/wp-json/wp/v2/comments?include=51&_fields="
        )
        assert one.address_of(self.POST, "https://autre.example/a/") == "https://autre.example/a/"

    def test_it_is_by_its_page_where_its_name_tells_no_number(self):
        assert of_kind("wordpress").address_of(self.PAGE, self.PAGE) == self.PAGE

    def test_it_is_by_its_page_where_the_api_is_closed_and_a_comment_is_not(self):
        one = of_kind("wordpress")
        for asked in (POSTS, COMMENTS):
            list(one.arrived(answer({"code": "rest_forbidden"}, asked, status=403), "parse"))
        assert one.address_of(self.POST, self.PAGE) == self.PAGE
        assert one.address_of("comment-51", f"{self.PAGE}#comment-51") == ""

    def test_it_is_read_again(self, posts):
        one = of_kind("wordpress")
        again = answer([json.loads(answer("wordpress_posts.json").body)[0]], one.address_of(self.POST, self.PAGE))
        assert [post for post, _ in one.reread(again)] == posts[:1]
        assert not one.is_gone(again)
        assert list(one.reread(answer("article_short.html", self.PAGE))) == []

    @pytest.mark.parametrize(
        ("body", "status", "gone"),
        [
            ([], 200, True),
            ([{"id": 311, "content": {"rendered": "", "protected": True}}], 200, True),
            ({"code": "rest_post_invalid_id"}, 404, False),
            ({"code": "rest_forbidden"}, 401, False),
            ({"message": "revenez plus tard"}, 200, False),
        ],
    )
    def test_it_is_gone_only_where_the_api_lists_nothing_public(self, body, status, gone):
        one = of_kind("wordpress")
        assert one.is_gone(answer(body, one.address_of(self.POST, self.PAGE), status=status)) is gone

    def test_its_page_is_gone_as_any_page_is(self):
        one = of_kind("wordpress")
        assert one.is_gone(answer("article_short.html", self.PAGE, status=404))
        assert not one.is_gone(answer("article_short.html", self.PAGE))


class TestChangedSince:
    async def asked(self, one: WordPress) -> list[str]:
        return [request.url async for request in one.start()]

    def test_changed_posts_are_asked_for_beside_the_first_pages(self):
        one = of_kind("wordpress")
        one.since = lambda name, *, beside: "2026-03-01T08:59:00Z" if beside and name == POSTS else ""
        first, second, third = awaited(self.asked(one))
        assert [first, second] == [POSTS, COMMENTS]
        assert third.startswith(f"{SITE}/wp-json/wp/v2/posts?per_page=50&")
        assert third.endswith("&modified_after=2026-03-01T08:59:00Z")

    def test_nothing_more_is_asked_where_nothing_is_remembered(self):
        assert awaited(self.asked(of_kind("wordpress"))) == [POSTS, COMMENTS]

    @pytest.mark.parametrize(
        ("date", "reached"),
        [("Sun, 01 Mar 2026 09:00:00 GMT", "2026-03-01T08:59:00Z"), ("hier", ""), ("", "")],
    )
    def test_how_far_it_read_is_by_the_sites_own_clock(self, date, reached):
        one, told = of_kind("wordpress"), []
        one.reached = lambda name, value: told.append((name, value))
        for url in (POSTS, f"{POSTS}&page=2", f"{POSTS}&modified_after=2026-02-01T08:00:00Z"):
            read(one, answer("wordpress_posts.json", url, headers={"Date": date}))
        assert told == [(POSTS, reached)], "what is remembered does not grow with each collection"
