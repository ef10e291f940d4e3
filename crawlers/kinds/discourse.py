"""Discourse forums by their public JSON: the latest topics, and each topic's posts twenty at a time; no log-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from scrapy.http import Response

from crawlers.collector import Collector
from crawlers.found import Follow, Found, links
from crawlers.listing import in_turn
from crawlers.reading.loose import as_piece, dicts_at, list_at, read_json, string_at, whole_at
from crawlers.reading.markup import html_piece, html_text
from crawlers.reading.places import place
from crawlers.sources.declaration import SourceDeclaration

Topic = dict[str, Any]
Post = dict[str, Any]
_CHUNK = 20
"""Posts of a topic on one page, unless the topic says otherwise."""
_WRITTEN_BY_PEOPLE = (1, 2)
"""`post_type`: regular and moderators'; not the small notes of what was done, nor whispers."""
_NOT_OWN = "aside.quote, aside.onebox, .onebox, .lightbox-wrapper, .quote-controls"
_CAPTURED = ("id", "topic_id", "post_number", "username", "created_at", "updated_at")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""As Discourse writes moments: in this form their order is that of their letters."""
_PLACE = re.compile(r"/(?:latest|top|new|c|tag|t)(?:/|\.json|$)")


class Discourse(Collector):
    """From lists of topics to the topics, from page to page of both."""

    kind = "discourse"

    @classmethod
    def first_requests(cls, declaration: SourceDeclaration) -> list[str]:
        """Return the lists of topics of the declared forums (``/``) or categories (``/c/name/5``)."""
        return [_list_of_topics(url) for url in declaration.start_urls]

    def parse(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the topics of a list, and the list's next page."""
        body = read_json(response.body)
        if not isinstance(body, dict):
            self.visit.tally.errors["reading: no list of topics"] += 1
        topics, name = dicts_at(body, "topic_list", "topics"), _list_name(response.url)
        since, said = self.since(name), [self._parse_last_said(topic) for topic in topics]
        self.reached(name, max(said, default=""))
        newer = [topic for topic, last in zip(topics, said, strict=True) if not (since and last) or last > since]
        onward = links(response, self._parse_next(response, body) if newer else [])
        yield from in_turn(self, self._parse_topics(response, newer), onward)

    def address_of(self, external_id: str, url: str) -> str:
        """Return where the public JSON gives one post: its page shows a deleted post's neighbours."""
        return f"{_base(self.declaration.start_urls[0])}/posts/{external_id}.json" if external_id.isdigit() else url

    def is_gone(self, response: Response) -> bool:
        """Tell whether a post is not there, or was hidden or taken back."""
        post = read_json(response.body)
        return super().is_gone(response) or (isinstance(post, dict) and "id" in post and not _said_in_public(post))

    def parse_topic(self, response: Response, **_: object) -> Iterator[Found | Follow]:
        """Yield the posts of a page of a topic, and its next page."""
        topic = read_json(response.body)
        if not isinstance(topic, dict):
            self.visit.tally.errors["reading: no topic"] += 1
            return
        for post in filter(_said_in_public, dicts_at(topic, "post_stream", "posts")):
            capture = self.capture(response, _cut(topic, post), "application/json")
            yield from self.found(self._fields(response, topic, post), capture)
        yield from links(response, self._parse_next_posts(response, topic), "parse_topic")

    def _fields(self, response: Response, topic: Topic, post: Post) -> dict[str, object]:
        return {
            "text": self._parse_text(post),
            "external_id": string_at(post, "id"),
            "url": self._parse_url(response, topic, post),
            "title": self._parse_title(topic),
            "author": string_at(post, "username"),
            "posted_at": self.moment(string_at(post, "created_at")),
            **self._parse_place(topic),
        }

    def _parse_text(self, post: Post) -> str:
        return html_text(html_piece(string_at(post, "cooked"), _NOT_OWN))

    def _parse_title(self, topic: Topic) -> str:
        return string_at(topic, "title")

    def _parse_url(self, response: Response, topic: Topic, post: Post) -> str:
        slug, topic_id, number = string_at(topic, "slug"), whole_at(post, "topic_id"), whole_at(post, "post_number")
        return f"{_base(response.url)}/t/{slug or '-'}/{topic_id}/{number}" if topic_id and number else ""

    def _parse_place(self, topic: Topic) -> dict[str, str]:
        # Tags are names, since 2025 mappings that hold a name.
        tags = (tag if isinstance(tag, str) else string_at(tag, "name") for tag in list_at(topic, "tags"))
        return place(tags, self.declaration.region)

    def _parse_last_said(self, topic: Topic) -> str:
        moments = (string_at(topic, name) for name in ("last_posted_at", "bumped_at"))
        return max(filter(_MOMENT.fullmatch, moments), default="")

    def _parse_topics(self, response: Response, topics: list[Topic]) -> Iterator[Follow]:
        for topic in topics:
            for one in links(response, self._parse_topic_address(response, topic), "parse_topic"):
                yield replace(one, as_of=self._parse_last_said(topic))

    def _parse_topic_address(self, response: Response, topic: Topic) -> list[str]:
        identity = whole_at(topic, "id")
        return [f"{_base(response.url)}/t/{identity}.json"] if identity else []

    def _parse_next(self, response: Response, body: object) -> list[str]:
        more = string_at(body, "topic_list", "more_topics_url")
        try:
            return [_as_json(urljoin(response.url, more))] if more and list_at(body, "topic_list", "topics") else []
        except ValueError:
            return []

    def _parse_next_posts(self, response: Response, topic: Topic) -> list[str]:
        parts = urlsplit(response.url)
        query = dict(parse_qsl(parts.query))
        page, chunk = max(1, whole_at(query, "page")), whole_at(topic, "chunk_size") or _CHUNK
        if page * chunk >= len(list_at(topic, "post_stream", "stream")):
            return []
        return [urlunsplit(parts._replace(query=urlencode(query | {"page": str(page + 1)})))]


def _said_in_public(post: Post) -> bool:
    taken_back = post.get("hidden") or post.get("deleted_at") or post.get("user_deleted")
    return not taken_back and post.get("post_type", 1) in _WRITTEN_BY_PEOPLE


def _cut(topic: Topic, post: Post) -> bytes:
    kept: dict[str, Any] = {name: string_at(post, name) for name in _CAPTURED}
    kept["title"], kept["cooked"] = string_at(topic, "title"), html_piece(string_at(post, "cooked"), _NOT_OWN)
    return as_piece(kept)


def _list_name(url: str) -> str:
    """Return what all pages of a list have in common."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("page", "no_definitions")]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _base(url: str) -> str:
    """Return the address of the forum that a list or topic belongs to, without a slash at its end."""
    parts = urlsplit(url)
    found = _PLACE.search(parts.path)
    path = parts.path[: found.start()] if found else parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _list_of_topics(url: str) -> str:
    parts = urlsplit(url)
    if parts.path.endswith(".json"):
        return url
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=f"{path}.json" if _PLACE.search(path) else f"{path}/latest.json"))


def _as_json(url: str) -> str:
    parts = urlsplit(url)
    return url if parts.path.endswith(".json") else urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}.json"))
