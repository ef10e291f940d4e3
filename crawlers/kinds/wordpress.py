"""WordPress sites: posts and comments by the REST API, and by the feeds where the site keeps its API closed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapy import Request
from scrapy.http import Response, TextResponse

from crawlers.found import Follow, Found, links
from crawlers.keeping import Page
from crawlers.kinds.feed import Entry, Feed
from crawlers.reading.loose import as_piece, dicts_at, list_at, read_json, string_at, value_at, web_address, whole_at
from crawlers.reading.markup import html_piece, html_text
from crawlers.reading.places import place
from crawlers.sources.declaration import SourceDeclaration

Item = dict[str, Any]
_API = "/wp-json/wp/v2/"
_POSTS = (
    "posts?per_page=50&_embed=author,wp:term&_fields=id,guid,date_gmt,modified_gmt,link,title,content,_links,_embedded"
)
_COMMENTS = "comments?per_page=50&_fields=id,post,date_gmt,link,author_name,content,status,type"
_COMMENT = re.compile(r"#comment-(\d{1,18})$")
_NAMED = re.compile(r"https?://[^?#]{1,500}\?p=(\d{1,18})")
"""A post's name as WordPress makes it of its number, whatever its address is."""
_CHANGED = "modified_after"
_MARGIN = timedelta(minutes=1)
"""By which changes are asked for anew: they are told to the second, and caches answer late."""
_NOT_OWN = "figure.wp-block-embed, blockquote.wp-embedded-content, .sharedaddy, .jp-relatedposts"
_CAPTURED = ("id", "post", "link", "date_gmt", "modified_gmt", "author_name", "status", "type")


class WordPress(Feed):
    """One post or comment a post. A comment is named by its number, a post as its feed names it, whichever is read."""

    kind = "wordpress"

    @classmethod
    def first_requests(cls, declaration: SourceDeclaration) -> list[str]:
        """Return posts and comments of each declared site; an address within the API is asked as it is."""
        return list(chain.from_iterable(map(_api, declaration.start_urls)))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._shut: set[str] = set()

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first pages, and beside them the posts that changed since the last whole walk, wherever they are.

        Not instead of them: a post that was planned appears without being changed. A WordPress before 5.7 answers with
        its first page.
        """
        async for request in super().start():
            yield request
        for url in self.first_requests(self.declaration):
            since = "" if _has_no_changes(url) else self.since(url, beside=True)
            if since:
                yield self._request(Follow(_with(url, **{_CHANGED: since})))

    def arrived(self, response: Response, step: str) -> Iterator[Page | Request]:
        """Take an answer; where the API says that it is closed, go by the public feed."""
        if step == "parse" and _closed(response):
            self.visit.tally.pages += 1
            self._shut.add(response.url.partition("?")[0])
            self.visit.note(f"closed: {response.url.partition('?')[0]}: its feed is read")
            yield from map(self._request, self._parse_feed_address(response))
        elif response.status == 404:
            if "paged=" not in response.url:  # past a feed's last page WordPress answers 404
                self.visit.tally.errors["http 404"] += 1
        else:
            yield from super().arrived(response, step)

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the posts or comments of a page of the API, and the next page."""
        listed = read_json(response.body)
        if not isinstance(listed, list):
            self.visit.tally.errors["reading: no list of posts"] += 1
            return
        if response.url in self.first_requests(self.declaration):  # not each page, nor each list of changes
            self.reached(response.url, _asked_at(response))
        yield from self._items(response, listed)
        yield from links(response, self._parse_next(response, listed))

    def _items(self, response: Response, listed: list[Any]) -> Iterator[Found]:
        for item in filter(_said_in_public, dicts_at({"": listed}, "")):
            capture = self.capture(response, _cut(item), "application/json")
            yield from self.found(self._item_fields(item), capture)

    def parse_feed(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the entries of a feed's page, and the next page while there are entries."""
        posts = [one for one in super().parse(response) if not isinstance(one, Follow)]
        yield from posts
        if posts:
            page = max(1, whole_at(dict(parse_qsl(urlsplit(response.url).query)), "paged"))
            yield Follow(_with(response.url, paged=str(page + 1)), "parse_feed")

    def address_of(self, external_id: str, url: str) -> str:
        """Return where the API lists one post or comment by its number, and nothing once it is gone.

        Its own address in the API would answer 401 then. A post that was published without a draft is named by its
        page, from which no number can be told: its page is asked for.
        """
        comment = external_id.startswith("comment-")
        asked, fields = ("comments", _COMMENTS) if comment else ("posts", _POSTS)
        number = external_id.removeprefix("comment-") if comment else _number(external_id)
        api = self._api_of(url) + asked
        if not number or not self._api_of(url) or api in self._shut:
            return "" if comment else url  # its post's page tells nothing of a comment
        return f"{api}?include={number}&{fields.partition('&')[2]}"

    def reread(self, response: Response) -> Iterator[Found]:
        """Yield the one post or comment that was asked for by its number; none where its page was asked for."""
        if _API in response.url:
            yield from self._items(response, list_at({"": read_json(response.body)}, ""))

    def is_gone(self, response: Response) -> bool:
        """Tell whether the answer lists nothing that is public, or the page is not there."""
        if response.status != 200 or _API not in response.url:
            return super().is_gone(response) and _API not in response.url
        listed = read_json(response.body)
        return isinstance(listed, list) and not any(map(_said_in_public, dicts_at({"": listed}, "")))

    def _api_of(self, url: str) -> str:
        sites = [_site(start) for start in self.declaration.start_urls]
        own = max((site for site in sites if url.startswith(site + "/")), key=len, default="")
        return (own or sites[0]) + _API if own or len(set(sites)) == 1 else ""

    def _item_fields(self, item: Item) -> dict[str, object]:
        return {
            "text": self._parse_words(item),
            "external_id": self._parse_item_id(item),
            "url": web_address(string_at(item, "link")),
            "title": html_text(string_at(item, "title", "rendered")),
            "author": self._parse_author(item),
            "posted_at": self.moment(_utc(string_at(item, "date_gmt"))),
            **self._parse_item_place(item),
        }

    def _parse_words(self, item: Item) -> str:
        return html_text(html_piece(string_at(item, "content", "rendered"), _NOT_OWN))

    def _parse_item_id(self, item: Item) -> str:
        if "post" in item:
            return f"comment-{whole_at(item, 'id')}" if whole_at(item, "id") else ""
        return html_text(string_at(item, "guid", "rendered")) or string_at(item, "id")

    def _parse_author(self, item: Item) -> str:
        named = [string_at(one, "name") for one in dicts_at(item, "_embedded", "author")]
        return html_text(string_at(item, "author_name") or next(iter(named), ""))

    def _parse_item_place(self, item: Item) -> dict[str, str]:
        groups = (one for one in list_at(item, "_embedded", "wp:term") if isinstance(one, list))
        names = (html_text(string_at(term, "name")) for term in chain.from_iterable(groups))
        return place(names, self.declaration.region)

    def _parse_next(self, response: Response, listed: list[Any]) -> list[str]:
        page = max(1, whole_at(dict(parse_qsl(urlsplit(response.url).query)), "page"))
        told = (response.headers.get(b"X-WP-TotalPages") or b"").decode("latin-1")
        return [_with(response.url, page=str(page + 1))] if listed and page < whole_at({"": told}, "") else []

    def _parse_feed_address(self, response: Response) -> list[Follow]:
        site, _, rest = response.url.partition(_API)
        feed = {"posts": "/feed/", "comments": "/comments/feed/"}.get(rest.partition("?")[0])
        return [Follow(site + feed, "parse_feed")] if feed else []

    def _parse_id(self, entry: Entry) -> str:
        comment = _COMMENT.search(string_at(entry, "id"))
        return f"comment-{comment.group(1)}" if comment else super()._parse_id(entry)

    def _fields(self, entry: Entry) -> dict[str, object]:
        fields = super()._fields(entry)
        fields["author"] = unescape(str(fields["author"]))  # in comments' feeds WordPress escapes it twice
        # A comment's title in a feed is made of its author's name and the post's title: the API has none.
        return fields | {"title": ""} if str(fields["external_id"]).startswith("comment-") else fields

    def _request(self, follow: Follow) -> Request:
        request = super()._request(follow)
        request.meta["handle_httpstatus_list"] = [*request.meta["handle_httpstatus_list"], 404]
        return request


def _api(url: str) -> list[str]:
    if _API in url:
        return [url]
    return [_site(url) + _API + _POSTS, _site(url) + _API + _COMMENTS]


def _site(url: str) -> str:
    return urlunsplit(urlsplit(url.partition(_API)[0])._replace(query="", fragment="")).rstrip("/")


def _number(name: str) -> str:
    named = _NAMED.fullmatch(name)
    return named.group(1) if named else ""


def _has_no_changes(url: str) -> bool:
    """Tell whether an address lists comments, of which the API does not tell when they changed."""
    return url.partition("?")[0].endswith("/comments")


def _asked_at(response: Response) -> str:
    """Return a moment, by the site's own clock, before which nothing changed that the answer does not show."""
    try:
        told = parsedate_to_datetime((response.headers.get(b"Date") or b"").decode("latin-1"))
        return f"{told.astimezone(UTC) - _MARGIN:%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _closed(response: Response) -> bool:
    """Tell whether the API itself answers that it is not open, or is not there; a block page is neither."""
    if response.status not in (401, 403, 404) or not isinstance(response, TextResponse):
        return False
    return response.status == 404 or string_at(read_json(response.body), "code").startswith("rest_")


def _said_in_public(item: Item) -> bool:
    locked = value_at(item, "content", "protected") is True
    return not locked and item.get("status", "approved") in ("approved", "publish")


def _utc(moment: str) -> str:
    return f"{moment}Z" if moment else ""


def _with(url: str, **changed: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changed, safe=",:")))


def _cut(item: Item) -> bytes:
    kept: dict[str, Any] = {name: string_at(item, name) for name in _CAPTURED if string_at(item, name)}
    for name in ("title", "content"):
        kept[name] = html_piece(string_at(item, name, "rendered"), _NOT_OWN)
    kept["author"] = [string_at(one, "name") for one in dicts_at(item, "_embedded", "author")]
    return as_piece(kept)
