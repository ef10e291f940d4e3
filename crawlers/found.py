"""What a page is read into: posts with their captures, and links to ask for next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from scrapy import Request
from scrapy.http import Response

from crawlers.reading.markup import readable
from store.records import CaptureIn, PostIn

Found = tuple[PostIn, CaptureIn]
"""A post, and the piece of its page that shows it."""
_SHORT = 500
_SHORT_FIELDS = frozenset({"external_id", "title", "author", "city", "region"})


@dataclass(frozen=True, slots=True)
class Follow:
    """A page to ask for next, read by the collector's method named `step`."""

    url: str
    step: str = "parse"
    as_of: str | None = field(default=None, compare=False)
    """When its list says that it last changed (``""``: it does not say); None for a page that no list tells of."""


def make_post(**fields: Any) -> PostIn | None:
    """Return a post, its short fields cut to what is kept; None when there is no text or a value cannot be used."""
    for name in _SHORT_FIELDS & fields.keys():
        fields[name] = " ".join(str(fields[name]).split())[:_SHORT]
    fields["text"] = str(fields.get("text", ""))[:1_000_000]
    if len(str(fields.get("url", ""))) > 2000:
        fields["url"] = ""
    try:
        return PostIn.model_validate(fields)
    except ValidationError:
        return None


def links(response: Response, hrefs: list[str], step: str = "parse") -> Iterator[Follow]:
    """Yield the web pages that the hrefs of a page lead to; what is no web address is left out."""
    page = readable(response)
    for href in hrefs:
        try:
            url = page.urljoin(href.strip())
            Request(url)
        except ValueError:
            continue
        if url.startswith(("http://", "https://")):
            yield Follow(url.partition("#")[0], step)
