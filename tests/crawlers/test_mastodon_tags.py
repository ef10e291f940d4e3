"""Hashtag timelines of Mastodon-compatible servers: edits, warnings, what is not kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from kind_helpers import STARTS, answer, of_kind, read

from crawlers.found import Follow
from store.records import PostIn


@pytest.fixture
def posts() -> list[PostIn]:
    return read(of_kind("mastodon"), answer("timeline_tag.json", STARTS["mastodon"]))[0]


def test_text_begins_with_its_warning(posts):
    assert posts[0].text == "fatigue\nEncore debout à 3 h, personne à qui parler. #montreal"


def test_an_edit_says_when(posts):
    assert posts[0].provenance == {"edited_at": "2026-03-02T09:10:00+00:00"}
    assert posts[1].provenance == {}


def test_posted_at_is_the_first_publication(posts):
    assert posts[0].posted_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_author_and_city(posts):
    assert [post.author for post in posts] == ["riviere", "bo@autre.example"]
    assert {(post.city, post.region) for post in posts} == {("Montréal", "Montréal")}


def test_older_statuses():
    follow = read(of_kind("mastodon"), answer("timeline_tag.json", STARTS["mastodon"]))[2]
    assert follow == [Follow(STARTS["mastodon"] + "?max_id=116000000000000009")]


def test_one_status_is_asked_for_and_read_by_itself(posts):
    one = of_kind("mastodon")
    address = one.address_of(posts[1].external_id, posts[1].url)
    assert address == "https://bourg.example/api/v1/statuses/116000000000000009"
    status = json.loads(answer("timeline_tag.json").body)[1]
    ((post, _),) = one.reread(answer(status, address))
    assert (post.key, post.digest) == (posts[1].key, posts[1].digest)
    assert list(one.reread(answer(b"[[", address))) == []


def test_a_capture_holds_words_only():
    capture = read(of_kind("mastodon"), answer("timeline_tag.json", STARTS["mastodon"]))[1][0]
    kept = json.loads(capture.content)
    assert kept["edited_at"] == "2026-03-02T09:10:00.000Z"
    assert not [word for word in ("Aperçu", "m.png", "avatar", "bio") if word in str(kept)]
