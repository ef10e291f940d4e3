"""Bluesky: an author's feed or a curated feed of the public API, or the posts of a repository on a PDS; JSON.

Only the words of a post are read: facets, embedded cards, images and quoted posts are left alone. Reposts are left to
the account that wrote them, and accounts that ask not to be shown to people without an account are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapy.http import Response

from crawlers.collector import Collector
from crawlers.found import Follow, Found, links
from crawlers.reading.loose import as_piece, dicts_at, list_at, read_json, string_at, value_at
from crawlers.reading.places import place

View = dict[str, Any]
"""A post as `getAuthorFeed` and `getFeed` show it: ``uri``, ``author``, ``record``."""
_URI = re.compile(r"at://([a-zA-Z0-9.:_%-]{3,300})/app\.bsky\.feed\.post/([a-zA-Z0-9._~:-]{1,512})")
_LIST = "com.atproto.repo.listRecords"
_NEXT = "0"
"""What makes of a record's key the least key after it."""
_HASHTAG = re.compile(r"#([^\s#.,;:!?]{2,60})")
_HIDDEN = "!no-unauthenticated"
"""The label by which an account asks to be shown only to people who are logged in."""


class Bluesky(Collector):
    """One post of the network a post, page by page by cursor."""

    kind = "bluesky"

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the posts of a page and the page of older ones."""
        body = read_json(response.body)
        views = [*_shown(body), *_records(body)]
        if not views and not isinstance(body, dict):
            self.visit.tally.errors["reading: no list of posts"] += 1
        for view in views:
            capture = self.capture(response, _cut(view), "application/json")
            yield from self.found(self._fields(view), capture)
        yield from links(response, self._parse_next(response, body))

    def address_of(self, external_id: str, url: str) -> str:  # noqa: ARG002 - posts stand on the network's own site
        """Return where one post is asked for by itself: of its repository, or of the public API."""
        named = _URI.fullmatch(external_id)
        base, found, method = self.declaration.start_urls[0].partition("/xrpc/")
        if not named or not found:
            return ""
        if not method.startswith(_LIST):
            return f"{base}/xrpc/app.bsky.feed.getPosts?{urlencode({'uris': external_id})}"
        # The newest record before the one that would follow it: the record itself, if it is there.
        query = {
            "repo": named.group(1),
            "collection": "app.bsky.feed.post",
            "limit": "1",
            "cursor": named.group(2) + _NEXT,
        }
        return f"{base}/xrpc/{_LIST}?{urlencode(query)}"

    def reread(self, response: Response) -> Iterator[Found]:
        """Yield the one post that was asked for by itself."""
        for view in self._asked_for(response):
            yield from self.found(self._fields(view), self.capture(response, _cut(view), "application/json"))

    def is_gone(self, response: Response) -> bool:
        """Tell whether the answer lists posts, and not the one that was asked for, or one that is hidden by now."""
        body = read_json(response.body)
        listed = isinstance(value_at(body, "posts"), list) or isinstance(value_at(body, "records"), list)
        return super().is_gone(response) or (listed and not self._asked_for(response))

    def _asked_for(self, response: Response) -> list[View]:
        body, query = read_json(response.body), dict(parse_qsl(urlsplit(response.url).query))
        key = "/" + query.get("cursor", "").removesuffix(_NEXT)
        return [
            view
            for view in [*dicts_at(body, "posts"), *_records(body)]
            if (string_at(view, "uri") == query.get("uris") or (len(key) > 1 and string_at(view, "uri").endswith(key)))
            and not _hidden(view)
        ]

    def _fields(self, view: View) -> dict[str, object]:
        return {
            "text": string_at(view, "record", "text"),
            "external_id": string_at(view, "uri"),
            "url": self._parse_url(view),
            "author": self._parse_author(view),
            "posted_at": self.moment(string_at(view, "record", "createdAt")),
            **self._parse_place(view),
        }

    def _parse_author(self, view: View) -> str:
        named = _URI.fullmatch(string_at(view, "uri"))
        return string_at(view, "author", "handle") or (named.group(1) if named else "")

    def _parse_url(self, view: View) -> str:
        named = _URI.fullmatch(string_at(view, "uri"))
        return f"https://bsky.app/profile/{named.group(1)}/post/{named.group(2)}" if named else ""

    def _parse_place(self, view: View) -> dict[str, str]:
        tags = [tag for tag in list_at(view, "record", "tags") if isinstance(tag, str)]
        tags += _HASHTAG.findall(string_at(view, "record", "text"))
        return place(tags, self.declaration.region)

    def _parse_next(self, response: Response, body: object) -> list[str]:
        cursor = string_at(body, "cursor")
        items = list_at(body, "feed") or list_at(body, "records")
        return [_with_cursor(response.url, cursor)] if cursor and items else []


def _shown(body: object) -> Iterator[View]:
    for item in dicts_at(body, "feed"):
        view = value_at(item, "post")
        if isinstance(view, dict) and item.get("reason") is None and not _hidden(view):
            yield view


def _hidden(view: View) -> bool:
    labels = [*dicts_at(view, "author", "labels"), *dicts_at(view, "labels")]
    return any(string_at(label, "val") == _HIDDEN for label in labels)


def _records(body: object) -> Iterator[View]:
    for item in dicts_at(body, "records"):
        yield {"uri": item.get("uri"), "cid": item.get("cid"), "record": item.get("value")}


def _cut(view: View) -> bytes:
    kept: dict[str, Any] = {name: string_at(view, name) for name in ("uri", "cid", "indexedAt")}
    kept["author"] = {name: string_at(view, "author", name) for name in ("did", "handle", "displayName")}
    kept["record"] = {name: string_at(view, "record", name) for name in ("text", "createdAt")}
    kept["record"]["langs"] = [one for one in list_at(view, "record", "langs") if isinstance(one, str)]
    return as_piece(kept)


def _with_cursor(url: str, cursor: str) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "cursor"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("cursor", cursor)])))
