"""Bluesky's public API and a PDS: the same post under the same name, words only; each field."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from kind_helpers import STARTS, answer, of_kind, read

from crawlers.found import Follow
from store.records import PostIn

URI = "at://did:plc:abcdefghijklmnopqrstuvwx/app.bsky.feed.post/3lj2abcdefg2x"
RECORDS = "https://bourg.example/xrpc/com.atproto.repo.listRecords?repo=did:plc:x&collection=app.bsky.feed.post"


@pytest.fixture
def posts() -> list[PostIn]:
    return read(of_kind("bluesky"), answer("bluesky_feed.json", STARTS["bluesky"]))[0]


@pytest.fixture
def records() -> list[PostIn]:
    return read(of_kind("bluesky"), answer("bluesky_records.json", RECORDS))[0]


def test_reposts_and_accounts_that_hide_from_the_public_are_left(posts):
    assert [post.author for post in posts] == ["marais.bourg.example"] * 2


def test_a_post_has_the_same_name_and_words_by_both_ways(posts, records):
    assert [(post.key, post.digest) for post in posts] == [(post.key, post.digest) for post in records]
    assert posts[0].key == URI


def test_text(posts):
    assert posts[1].text == "two lines\n\nof plain words <b>not markup</b>"


def test_author(records):
    assert records[0].author == "did:plc:abcdefghijklmnopqrstuvwx"


def test_link(posts):
    assert posts[0].url == "https://bsky.app/profile/did:plc:abcdefghijklmnopqrstuvwx/post/3lj2abcdefg2x"


def test_posted_at(posts):
    assert posts[0].posted_at == datetime(2026, 3, 2, 7, 12, 45, 123000, tzinfo=UTC)


def test_city(posts):
    assert (posts[0].city, posts[0].region) == ("Québec", "Capitale-Nationale")
    assert (posts[1].city, posts[1].region) == ("", "Outaouais")


@pytest.mark.parametrize(
    ("name", "url", "cursor"),
    [
        ("bluesky_feed.json", STARTS["bluesky"], "cursor=2026-02-28T23%3A59%3A59Z"),
        ("bluesky_records.json", RECORDS + "&cursor=older", "cursor=3lj0cccccccc2"),
    ],
)
def test_older_posts_by_cursor(name, url, cursor):
    (follow,) = read(of_kind("bluesky"), answer(name, url))[2]
    assert isinstance(follow, Follow)
    assert follow.url.split("&")[-1].endswith(cursor)
    assert follow.url.count("cursor=") == 1


def test_an_empty_page_ends():
    assert read(of_kind("bluesky"), answer({"feed": [], "cursor": "x"}))[2] == []


def test_a_capture_holds_words_only():
    capture = read(of_kind("bluesky"), answer("bluesky_feed.json", STARTS["bluesky"]))[1][0]
    kept = json.loads(capture.content)
    assert kept["record"]["langs"] == ["fr"]
    assert not [word for word in ("avatar", "thumb", "Aperçu", "facets") if word in str(kept)]


class TestAskedForByItself:
    """Of a repository, one record has no address that answers plainly for a deleted one: its list is asked, from it."""

    def test_of_a_repository(self, records):
        one = of_kind("bluesky", start_urls=[RECORDS])
        asked = one.address_of(URI, records[0].url)
        assert asked.startswith("https://bourg.example/xrpc/com.atproto.repo.listRecords?repo=did%3Aplc%3A")
        assert asked.endswith("&limit=1&cursor=3lj2abcdefg2x0")
        listed = answer("bluesky_records.json", asked)
        assert [post.key for post, _ in one.reread(listed)] == [URI]
        assert not one.is_gone(listed)
        older = {"records": [{"uri": URI[:-1] + "a", "value": {"text": "un autre"}}]}
        assert list(one.reread(answer(older, asked))) == []
        assert one.is_gone(answer(older, asked))
        assert one.is_gone(answer({"records": []}, asked))

    def test_of_the_public_api(self, posts):
        one = of_kind("bluesky")
        asked = one.address_of(URI, posts[0].url)
        assert asked.startswith("https://bourg.example/xrpc/app.bsky.feed.getPosts?uris=at%3A%2F%2Fdid")
        shown = {"posts": [{"uri": URI, "author": {}, "record": {"text": "modifié"}}]}
        assert [post.text for post, _ in one.reread(answer(shown, asked))] == ["modifié"]
        assert one.is_gone(answer({"posts": []}, asked))
        shown["posts"][0]["author"] = {"labels": [{"val": "!no-unauthenticated"}]}  # asked for since
        assert list(one.reread(answer(shown, asked))) == []
        assert one.is_gone(answer(shown, asked))

    @pytest.mark.parametrize(("status", "body"), [(400, {"error": "InvalidRequest"}), (200, b"<html>"), (200, [])])
    def test_what_lists_nothing_says_nothing(self, status, body):
        one = of_kind("bluesky")
        assert not one.is_gone(answer(body, one.address_of(URI, ""), status=status))

    def test_a_name_that_is_none_is_asked_nowhere(self):
        assert of_kind("bluesky").address_of("autre chose", "https://bsky.app/profile/x/post/y") == ""
