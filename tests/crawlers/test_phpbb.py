"""phpBB in prosilver, 3.0 and 3.3: index, forum, topic; each field; nothing but the author's own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from kind_helpers import answer, of_kind, read
from scrapy.http import HtmlResponse

from crawlers.found import Follow
from store.records import PostIn

HOME = "https://bourg.example/"


@pytest.fixture
def topic() -> list[PostIn]:
    return read(of_kind("phpbb"), answer("phpbb_topic.html", HOME + "viewtopic.php?t=12"), "parse_thread")[0]


def test_the_index_leads_to_forums_and_subforums_without_session_numbers():
    posts, _, follow = read(of_kind("phpbb"), answer("phpbb_index.html", HOME + "index.php"))
    assert posts == []
    assert {one.url for one in follow} == {HOME + f"viewforum.php?f={number}" for number in (2, 3, 4)}
    assert {one.step for one in follow} == {"parse"}


def test_a_forum_leads_to_its_topics_and_its_next_page():
    _, _, follow = read(of_kind("phpbb"), answer("phpbb_forum.html", HOME + "viewforum.php?f=3"))
    assert follow == [
        Follow(HOME + "viewtopic.php?t=12", "parse_thread"),
        Follow(HOME + "viewtopic.php?t=9", "parse_thread"),
        Follow(HOME + "viewforum.php?f=3&start=25", "parse"),
    ]


def test_a_topic_leads_to_its_next_page():
    follow = read(of_kind("phpbb"), answer("phpbb_topic.html", HOME + "viewtopic.php?t=12"), "parse_thread")[2]
    assert follow == [Follow(HOME + "viewtopic.php?t=12&start=10", "parse_thread")]


def test_text(topic):
    assert topic[0].text == (
        "J’ai 15 ans et je sais pas où dormir ce soir. :(\n"
        "Quelqu’un connaît une maison pour les jeunes à Trois-Rivières?"
    )


def test_the_quoted_words_of_others_are_theirs(topic):
    assert topic[1].text == "Appelle l’auberge du Coin, 819 555-0142, ils répondent la nuit.\n\nAucune question posée."


def test_id(topic):
    assert [post.external_id for post in topic] == ["p121", "p123"]


def test_link(topic):
    assert topic[1].url == HOME + "viewtopic.php?p=123#p123"


def test_title(topic):
    assert [post.title for post in topic] == ["Parler à quelqu’un", "Re: Parler à quelqu’un"]


def test_author(topic):
    assert [post.author for post in topic] == ["lune_rousse", "Invité du parc"]


def test_city(topic):
    assert [(post.city, post.region) for post in topic] == [("Trois-Rivières", "Mauricie"), ("", "Outaouais")]


def test_posted_at(topic):
    assert topic[0].posted_at == datetime(2026, 2, 28, 10, 30, tzinfo=UTC)


def test_a_capture_holds_no_avatar_signature_or_quote():
    captures = read(of_kind("phpbb"), answer("phpbb_topic.html"), "parse_thread")[1]
    assert not [c for c in captures if any(word in c.content for word in (b"<img", b"porte conseil", b"photo.jpg"))]
    assert "où dormir".encode() not in captures[1].content


def test_version_3_0():
    posts, _, follow = read(
        of_kind("phpbb"), answer("phpbb30_topic.html", HOME + "viewtopic.php?f=2&t=5"), "parse_thread"
    )
    assert follow == [Follow(HOME + "viewtopic.php?f=2&t=5&start=10", "parse_thread")]
    (post,) = posts
    assert (post.external_id, post.author, post.title) == ("p41", "tide_chart", "Ride to Halifax")
    assert (post.city, post.region) == ("Gatineau", "Outaouais")
    assert post.text == "Leaving from the mall at six, two seats. Text 902-555-0177."
    assert post.posted_at == datetime(2026, 2, 28, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("written", ["sam. 28 févr. 2026 à 10 h", "bientôt", ""])
def test_a_moment_written_otherwise_is_not_guessed(written):
    html = f'<div id="p1" class="post"><p class="author">par <b>a</b> » {written}</p><p class="content">x</p></div>'
    ((post,), _, _) = read(of_kind("phpbb"), HtmlResponse(HOME, body=html.encode()), "parse_thread")
    assert post.posted_at is None


def test_posts_within_posts_do_not_multiply_the_page():
    html = '<div id="p1" class="post"><p class="content">x</p>' * 2000
    one = of_kind("phpbb")
    captures = read(one, HtmlResponse(HOME, body=html.encode()), "parse_thread")[1]
    assert sum(len(capture.content) for capture in captures) <= 5 * len(html) + 100_000
    assert one.visit.tally.dropped["posts within posts"] == 1
