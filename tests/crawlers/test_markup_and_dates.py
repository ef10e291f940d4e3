"""Text out of markup, the cut to one post, and moments as pages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector
from scrapy.http import HtmlResponse

from crawlers.reading.dates import read_moment
from crawlers.reading.markup import cut, html_piece, html_text, page_of, readable, text_of, trimmed

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a\n  b\tc", "a b c"),
        ("a<b>b</b>c", "abc"),
        ("<script>x</script>a<style>y</style>", "a"),
        ("<ul><li>un</li><li>deux</li></ul>", "un\n\ndeux"),
        ("&lt;script&gt;", "<script>"),
        ("a&nbsp;b", "a b"),
        ("<!-- secret -->a", "a"),
        ("🎈 l’été", "🎈 l’été"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_the_text_a_reader_sees(html, text):
    assert html_text(html) == text


def test_an_attribute_is_its_text():
    assert text_of(Selector(text="<a href=' /x  y'>z</a>").css("a::attr(href)")[0]) == "/x y"


def test_the_cut_keeps_words_and_drops_what_is_no_text():
    html = (
        "<ul><li id=7 class=m style='background:url(http://t.example/p)' onclick=x() data-src=y>mots <b>gras</b>"
        "<img src=p.gif> suite<!-- c --><script>s()</script><a href='/u'>lien</a></li><li>autre</li></ul>"
    )
    content = cut(Selector(text=html).css("li")[0]).decode()
    assert content == '<li id="7" class="m">mots <b>gras</b> suite<a href="/u">lien</a></li>'


def test_what_is_not_the_posts_own_is_taken_out_and_what_follows_it_stays():
    node = Selector(text="<div>a<q class=x>b\x0b</q>\x0bc<p>d</p></div>").css("div")[0]
    assert text_of(trimmed(node, "q, p")) == "a c"
    assert cut(trimmed(node, "div")) == cut(node)
    assert trimmed(node, "") is node
    assert "b" in text_of(node)


def test_drawn_emoji_stay_as_their_names():
    html = '<p>triste <img class="emoji" alt=":sob:\x0b"><img alt="photo" src=x><img class=smilies alt=":(">.</p>'
    assert html_text(html) == "triste :sob::(."
    assert "photo" not in html_piece(html)
    assert html_text(html_piece(html)) == "triste :sob::(."


@pytest.mark.parametrize("charset", ["idna", "base64", "utf-7", "punycode", "unicode_escape", "x-none"])
def test_a_page_in_an_encoding_that_no_page_can_have_is_still_read(charset):
    page = HtmlResponse("http://a.example/", body=f"<meta charset={charset}><p>mots \\d".encode())
    assert "mots" in readable(page).text
    assert text_of(page_of(page).css("p")[0]).startswith("mots")


def test_cutting_leaves_the_page_as_it_was():
    page = Selector(text="<div><p>a<img src=x></p></div>")
    cut(page.css("p")[0])
    assert page.css("img")


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("2026-03-01T10:00:00Z", "", "2026-03-01T10:00"),
        ("2026-03-01T10:00:00-05:00", "", "2026-03-01T15:00"),
        ("2026-03-01 10:00", "", "2026-03-01T15:00"),
        ("2026-07-01 10:00", "", "2026-07-01T14:00"),
        ("Sun, 01 Mar 2026 10:00:00 GMT", "", "2026-03-01T10:00"),
        ("1772359200", "", "2026-03-01T10:00"),
        ("1 mars 2026 à 05 h 00", "%d %B %Y à %H h %M", "2026-03-01T10:00"),
        ("1 Févr. 2026", "%d %b %Y", "2026-02-01T05:00"),
        ("March 1, 2026", "%B %d, %Y", "2026-03-01T05:00"),
        ("il y a 3 heures", "", "2026-03-02T06:30"),
        ("il y a une heure", "", "2026-03-02T08:30"),
        ("Il y a 15 min", "", "2026-03-02T09:15"),
        ("2 days ago", "", "2026-02-28T09:30"),
        ("hier", "", "2026-03-01T09:30"),
    ],
)
def test_moments(text, form, moment):
    read = read_moment(text, zone="America/Toronto", now=NOW, form=form)
    assert read == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "bientôt", "3 heures", "31/02/2026", "9999-99-99", "il y a", "1e9", "x" * 300])
def test_no_moments(text):
    assert read_moment(text, zone="America/Toronto", now=NOW) is None


@given(text=st.text(max_size=60), form=st.sampled_from(["", "%d %B %Y", "%j", "%Z%z", "%"]))
def test_no_text_raises(text, form):
    moment = read_moment(text, zone="America/Toronto", now=NOW, form=form)
    assert moment is None or moment.utcoffset() == timedelta(0)
