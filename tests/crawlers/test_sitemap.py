"""Sitemaps: which pages are asked for and in what order; the article of a page, each field."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
from kind_helpers import STARTS, answer, of_kind, read
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from crawlers.found import Follow
from crawlers.kinds.sitemap import unpacked
from crawlers.reading.article import article_html
from store.records import PostIn

SITE = "https://journal.example"
PAGE = f"{SITE}/actualites/la-ruelle-verte/"
DECLARED = {"item": "#contenu", "text": "p", "title": "h1"}


@pytest.fixture
def post() -> PostIn:
    (post,) = read(of_kind("sitemap"), answer("article.html", PAGE), "parse_article")[0]
    return post


def test_an_index_leads_to_its_sitemaps_the_newest_first():
    posts, _, follow = read(of_kind("sitemap"), answer("sitemap_index.xml", f"{SITE}/sitemap_index.xml"))
    assert posts == []
    assert follow[::-1] == [
        Follow(f"{SITE}/post-sitemap2.xml.gz"),
        Follow(f"{SITE}/page-sitemap.xml"),
        Follow(f"{SITE}/post-sitemap1.xml"),
    ], "the last is asked for first"


def test_a_sitemap_leads_to_its_pages_the_last_changed_first():
    follow = read(of_kind("sitemap"), answer("sitemap.xml", STARTS["sitemap"]))[2]
    assert follow[::-1] == [
        Follow(f"{SITE}/actualites/patinoire/?a=1&b=2", "parse_article"),
        Follow(PAGE, "parse_article"),
        Follow(f"{SITE}/contact/", "parse_article"),
        Follow(f"{SITE}/", "parse_article"),
    ]


def test_only_the_declared_paths_and_no_more_than_may_be_asked():
    one = of_kind("sitemap", only_paths=["/actualites/"])
    assert len(read(one, answer("sitemap.xml", STARTS["sitemap"]))[2]) == 2
    assert len(read(of_kind("sitemap", max_pages=1), answer("sitemap.xml", STARTS["sitemap"]))[2]) == 1


def test_a_post_is_asked_for_by_itself_only_within_the_declared_paths():
    one = of_kind("sitemap", only_paths=["/actualites/"])
    assert one.address_of(PAGE, PAGE) == PAGE
    assert one.address_of("n-1", f"{SITE}/membres/1") == ""


def test_pages_that_did_not_change_since_are_left():
    one, told = of_kind("sitemap"), []
    one.since = lambda _name: "2026-02-27T14:00:00+00:00"
    one.reached = lambda name, value: told.append((name, value))
    follow = read(one, answer("sitemap.xml", STARTS["sitemap"]))[2]
    assert [two.url.removeprefix(SITE) for two in follow[::-1]] == [
        "/actualites/patinoire/?a=1&b=2",
        PAGE.removeprefix(SITE),
        "/",
    ]
    assert told == [(STARTS["sitemap"], "2026-03-01T05:00:00+00:00")]


def test_a_packed_sitemap_is_unpacked():
    packed = gzip.compress(answer("sitemap.xml").body)
    asked = list(of_kind("sitemap").arrived(Response(f"{SITE}/s.xml.gz", body=packed), "parse"))
    assert all(isinstance(one, Request) for one in asked)
    assert asked[-2].url == PAGE


def test_what_does_not_unpack_is_an_error_and_a_bomb_is_bounded():
    one = of_kind("sitemap")
    list(one.arrived(Response(f"{SITE}/s.xml.gz", body=b"\x1f\x8b" + b"x" * 50), "parse"))
    assert one.visit.tally.errors == {"reading: no sitemap": 1}
    assert len(unpacked(gzip.compress(bytes(50_000_000)))) == 10_000_000
    assert unpacked(gzip.compress(b"abc" * 5000)[:-20]).startswith(b"abcabc")


def test_text(post):
    assert post.text.startswith("Après trois ans de travaux et de corvées, la ruelle")
    assert "Un été chargé\n" in post.text
    assert post.text.endswith("819 555-0150, ou on passe le mardi en après-midi.")


def test_menus_captions_and_readers_comments_are_left(post):
    assert not [word for word in ("Nous joindre", "bravo au comité", "Étiquettes", "patinoire") if word in post.text]


def test_title(post):
    assert post.title == "La ruelle verte ouvre ses portes – enfin"


def test_author(post):
    assert post.author == "Odile R."


def test_posted_at(post):
    assert post.posted_at == datetime(2026, 2, 26, 14, 0, tzinfo=UTC)


def test_city(post):
    assert (post.city, post.region) == ("Sherbrooke", "Estrie")


def test_an_article_is_named_by_its_address(post):
    assert (post.external_id, post.url) == (PAGE, PAGE)


def test_a_short_page_gives_its_words_without_its_menu():
    (post,) = read(of_kind("sitemap"), answer("article_short.html", f"{SITE}/avis"), "parse_article")[0]
    assert post.text.split("\n\n") == [
        "La patinoire du parc ferme à 20 h ce soir.",
        "Le prêt de casques se poursuit samedi, de 10 h à midi.",
    ]
    assert (post.title, post.author, post.posted_at) == ("Patinoire", "Service des loisirs", None)


def test_a_very_short_article_comes_without_the_words_of_its_theme():
    """The page of a real WordPress 6.1; the extractor by itself takes « by » and « Tags: » for words of the post."""
    page = answer("wordpress_short.html", f"{SITE}/2025/03/avis-2/")
    assert "Tags:" in article_html(page.text)
    (post,), (capture,), _ = read(of_kind("sitemap"), page, "parse_article")
    assert post.text == "Cherche un lift Gatineau–Laval vendredi soir, je partage l'essence."
    assert (post.title, post.posted_at) == ("Avis 2", datetime(2025, 3, 2, 2, tzinfo=UTC))
    assert "Tags" not in json.loads(capture.content)["content"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<article><header><h1>Vélo</h1></header><p>Vendu.</p><footer>par Léo</footer></article>", "Vendu."),
        ("<article><p>Une.</p></article><article><p>Deux.</p></article>", None),
        ('<script type="application/ld+json">{"@type":"Article","articleBody":"Un <b> vélo.\\nBleu."}</script>',
         "Un <b> vélo.\n\nBleu."),
        ('<div class="entry-content"></div><article><p>Vélo bleu à donner.</p></article>', "Vélo bleu à donner."),
    ],
)  # fmt: skip
def test_where_a_short_article_is_marked(body, text):
    page = HtmlResponse(PAGE, body=f"<html><body><p>Accueil</p>{body}</body></html>".encode())
    posts = read(of_kind("sitemap"), page, "parse_article")[0]
    assert [post.text for post in posts] == ([text] if text else [])


def test_declared_selectors_come_before_the_extractor():
    one = of_kind("sitemap", selectors=DECLARED)
    (post,) = read(one, answer("article_short.html", f"{SITE}/avis"), "parse_article")[0]
    assert (post.title, post.key) == ("Patinoire", f"{SITE}/avis")
    assert post.text.startswith("La patinoire du parc")


def test_a_page_that_not_everyone_may_read_is_left():
    said = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>'
    one = of_kind("sitemap")
    page = HtmlResponse(PAGE, body=said.encode() + answer("article.html").body)
    assert read(one, page, "parse_article")[0] == []
    assert one.visit.tally.dropped == {"not free to read": 1}


def test_a_capture_holds_words_only():
    (capture,) = read(of_kind("sitemap"), answer("article.html", PAGE), "parse_article")[1]
    kept = json.loads(capture.content)
    assert kept["datePublished"] == "2026-02-26T14:00:00+00:00"
    assert "<img" not in kept["content"]
    assert "bravo" not in kept["content"]
