"""The article on a web page: its words, and what the page tells machines about it.

The words are found by trafilatura (Apache-2.0; pure Python on lxml; asks nothing of the network, needs no model, and is
kept up). Title, author and time are read from the page's own statements (JSON-LD, ``meta``), not guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

import trafilatura
from parsel import Selector
from trafilatura.settings import use_config

from crawlers.reading.loose import dicts_at, list_at, read_json, string_at, value_at
from crawlers.reading.markup import cut, html_piece, html_text, text_of, trimmed
from crawlers.reading.selectors import find, first

Told = dict[str, Any]
PASSWORD_FORM = "post-password-form"  # noqa: S105 - the name of a class
"""The class of the form that WordPress shows in the place of a protected post's words."""
_MOST_TAGS = 20_000
"""Of a page in which an article is looked for: the extractor's time grows with their square."""
_KINDS = frozenset({
    "Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle", "OpinionNewsArticle", "AnalysisNewsArticle",
    "DiscussionForumPosting", "SocialMediaPosting", "WebPage",
})  # fmt: skip
_LEAST_WORDS = 25
"""Characters under which what the extractor found is no article."""
_SHORT = 300
"""Characters under which the extractor's article may be half words of the site's theme."""
_PLACES = ('[itemprop~="articleBody"]', ".entry-content", ".e-content", "article")
"""Where sites put an article's words: schema.org, WordPress and its themes, microformats, HTML."""
_NOT_WORDS = "header, footer, nav, aside, form, h1, .sharedaddy, .jp-relatedposts"


# Under this many characters the extractor takes a page's whole text for its article, menus and all.
_EXTRACTOR = use_config()
_EXTRACTOR.set("DEFAULT", "min_extracted_size", str(_LEAST_WORDS))


def article_html(page: str) -> str:
    """Return the HTML of the article's words, without images, links, menus and readers' comments; empty without one.

    May raise whatever the extractor lets out on a broken page: the caller counts it.
    """
    if page.count("<") > _MOST_TAGS:
        return ""
    found = trafilatura.extract(
        page,
        output_format="html",
        config=_EXTRACTOR,
        fast=True,
        include_comments=False,
        include_formatting=True,
        include_images=False,
        include_links=False,
        with_metadata=False,
    )
    piece = html_piece(found or "")
    return piece if len(html_text(piece)) >= _LEAST_WORDS else ""


def best_html(found: str, page: Selector, told: Told) -> str:
    """Return the HTML of the article's words: what the extractor found, or if that is short, what the page marks so.

    Around a very short article the extractor takes words of the theme with it ("by", "Tags:").
    """
    return found if len(html_text(found)) >= _SHORT else _marked(page, told) or found


def _marked(page: Selector, told: Told) -> str:
    """Return what stands in the one place that is marked as the article, or what the page tells machines of it."""
    for place in _PLACES:
        places = find(page, place)
        if len(places) == 1:  # of several, each could be a neighbour's
            piece = trimmed(places[0], _NOT_WORDS)
            if text_of(piece):
                return cut(piece).decode("utf-8", "replace")
    return "".join(f"<p>{escape(line)}</p>" for line in string_at(told, "articleBody").splitlines() if line.strip())


def told_of(page: Selector) -> Told:
    """Return what the page's JSON-LD says of its article; empty if it says nothing that can be read."""
    for script in find(page, 'script[type="application/ld+json"]::text')[:20]:
        for one in _statements(read_json(str(script.root).encode("utf-8", "replace"))):
            kinds = one.get("@type")
            if any(kind in _KINDS for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)):
                return one
    return {}


def _statements(said: object) -> Iterator[Told]:
    for one in said if isinstance(said, list) else [said]:
        if isinstance(one, dict):
            yield from dicts_at(one, "@graph") or [one]


def behind_a_wall(page: Selector, told: Told) -> bool:
    """Tell whether the page says of itself that not everyone may read it, or asks for the article's password."""
    unfree = str(value_at(told, "isAccessibleForFree")).lower() == "false"
    return unfree or bool(find(page, f"form.{PASSWORD_FORM}"))


def title_of(page: Selector, told: Told) -> str:
    """Return the article's title."""
    return unescape(string_at(told, "headline")) or _first_of(
        page, 'meta[property="og:title"]::attr(content)', "h1", "title"
    )


def author_of(page: Selector, told: Told) -> str:
    """Return who signed the article; several names are joined."""
    said = value_at(told, "author")
    signed = said if isinstance(said, list) else [said]
    names = [one if isinstance(one, str) else string_at(one, "name") for one in signed]
    meta = 'meta[name="author"]::attr(content)'
    return ", ".join(filter(None, names)) or _first_of(page, meta, '[itemprop="author"]', '[rel="author"]')


def moment_of(page: Selector, told: Told) -> str:
    """Return the moment of publication as the page writes it."""
    return string_at(told, "datePublished") or _first_of(
        page,
        'meta[property="article:published_time"]::attr(content)',
        '[itemprop="datePublished"]::attr(datetime)',
        '[itemprop="datePublished"]::attr(content)',
        "article time::attr(datetime)",
        ".wp-block-post-date time::attr(datetime)",
    )


def subjects_of(page: Selector, told: Told) -> list[str]:
    """Return the article's tags, sections and key words."""
    said = value_at(told, "keywords")
    names = [one for one in list_at({"": said}, "") if isinstance(one, str)]
    names += said.split(",") if isinstance(said, str) else []
    tags = find(page, 'meta[property="article:tag"]::attr(content), meta[property="article:section"]::attr(content)')
    return [name.strip() for name in [*names, string_at(told, "articleSection"), *map(text_of, tags)][:100]]


def as_capture(words: str, parts: dict[str, Any]) -> bytes:
    """Return what is kept of a page whose article was found: its words' HTML and what the page said of it."""
    return json.dumps(parts | {"content": words}, ensure_ascii=False).encode("utf-8", "replace")


def _first_of(page: Selector, *selectors: str) -> str:
    return next(filter(None, (first(page, selector, text_of) for selector in selectors)), "")
