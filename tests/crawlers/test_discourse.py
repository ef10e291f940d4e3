"""Discourse's public JSON: lists of topics, topics, each field; what was taken back or is not the author's is left."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from kind_helpers import answer, declared, of_kind, read

from crawlers.found import Follow
from crawlers.kinds import first_requests
from store.records import PostIn

HOME = "https://bourg.example"
TOPIC = f"{HOME}/t/31.json"


@pytest.fixture
def posts() -> list[PostIn]:
    return read(of_kind("discourse"), answer("discourse_topic.json", TOPIC), "parse_topic")[0]


@pytest.mark.parametrize(
    ("start", "asked"),
    [
        ("/", "/latest.json"),
        ("/latest.json?order=created", "/latest.json?order=created"),
        ("/c/logement/5", "/c/logement/5.json"),
        ("/forum/", "/forum/latest.json"),
    ],
)
def test_what_is_asked_first(start, asked):
    assert first_requests(declared("discourse", start_urls=[HOME + start])) == [HOME + asked]


@pytest.mark.parametrize("base", ["", "/forum"])
def test_a_list_leads_to_its_topics_and_its_next_page(base):
    body = answer("discourse_latest.json", f"{HOME}{base}/latest.json").body
    body = body.replace(b'"/latest?', f'"{base}/latest?'.encode())
    posts, _, follow = read(of_kind("discourse"), answer(body, f"{HOME}{base}/latest.json"))
    assert posts == []
    assert follow == [
        Follow(f"{HOME}{base}/latest.json?no_definitions=true&page=1"),
        *(Follow(f"{HOME}{base}/t/{number}.json", "parse_topic") for number in (28, 31, 7)),
    ], "the last is asked for first"


def test_topics_in_which_nothing_was_said_since_are_left():
    one, told = of_kind("discourse"), []
    one.since = lambda name: "2026-02-25T00:00:00.000Z" if name == f"{HOME}/latest.json" else ""
    one.reached = lambda name, value: told.append((name, value))
    follow = read(one, answer("discourse_latest.json", f"{HOME}/latest.json?no_definitions=true&page=3"))[2]
    assert [two.url for two in follow if two.step == "parse_topic"] == [f"{HOME}/t/31.json"]
    assert told == [(f"{HOME}/latest.json", "2026-03-02T08:40:12.901Z")]
    one.since = lambda _name: "2026-03-02T08:40:12.901Z"
    assert read(one, answer("discourse_latest.json", f"{HOME}/latest.json"))[2] == []


@pytest.mark.parametrize(("changed", "gone"), [({}, False), ({"user_deleted": True}, True), ({"hidden": True}, True)])
def test_a_post_that_was_taken_back_is_gone(changed, gone):
    one = of_kind("discourse")
    address = one.address_of("201", "")
    assert address == f"{HOME}/posts/201.json"
    assert one.is_gone(answer({"id": 201, "cooked": "<p>a</p>"} | changed, address)) is gone


def test_an_empty_list_ends():
    empty = {"topic_list": {"topics": [], "more_topics_url": "/latest?page=9"}}
    assert read(of_kind("discourse"), answer(empty))[2] == []


def test_a_topic_is_read_twenty_posts_at_a_time():
    follow = read(of_kind("discourse"), answer("discourse_topic.json", TOPIC), "parse_topic")[2]
    assert follow == [Follow(TOPIC + "?page=2", "parse_topic")]
    assert read(of_kind("discourse"), answer("discourse_topic.json", TOPIC + "?page=2"), "parse_topic")[2] == []


def test_only_what_people_said_and_did_not_take_back(posts):
    assert [post.external_id for post in posts] == ["201", "204"]


def test_text(posts):
    assert posts[0].text == "Je cherche une coloc pour septembre, j’ai 17 ans. :house:"


def test_quotes_and_previews_of_links_are_not_the_authors_words(posts):
    assert posts[1].text == "J’ai une chambre près du pont, écris-moi au 819 555-0163."


def test_title(posts):
    assert {post.title for post in posts} == {"Colocation pour l’automne"}


def test_author(posts):
    assert [post.author for post in posts] == ["marine_g", "vieux_quai"]


def test_link(posts):
    assert posts[1].url == f"{HOME}/t/colocation-pour-lautomne/31/2"


def test_posted_at(posts):
    assert posts[0].posted_at == datetime(2026, 2, 27, 20, 11, 3, 114000, tzinfo=UTC)


@pytest.mark.parametrize("tags", [["logement", "gatineau"], [{"id": 4, "name": "Gatineau", "slug": "gatineau"}]])
def test_city(tags):
    topic = json.loads(answer("discourse_topic.json").body) | {"tags": tags}
    post = read(of_kind("discourse", region="Estrie"), answer(topic, TOPIC), "parse_topic")[0][0]
    assert (post.city, post.region) == ("Gatineau", "Outaouais")


def test_a_capture_holds_words_only():
    first, second = read(of_kind("discourse"), answer("discourse_topic.json", TOPIC), "parse_topic")[1]
    kept = json.loads(first.content)
    assert kept["username"] == "marine_g"
    assert "avatar" not in str(kept)
    assert "chambre.jpeg" not in kept["cooked"]
    assert b"17 ans" not in second.content
    assert "Aperçu".encode() not in second.content
