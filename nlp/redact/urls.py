"""URL: web addresses with or without their scheme, spelled out too. Well-known sites named without a page stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.gazetteers import is_common
from nlp.redact.lists import any_of, words
from nlp.redact.page import Page
from nlp.redact.spans import Span

_REST = r"[^\s<>\"«»\ue000-\ue00f]"
_HOST = rf"(?:[a-z0-9][a-z0-9-]{{0,62}}\.)+(?:{any_of('top_levels')})"
_FULL = re.compile(rf"(?:https?://|www\.){_REST}{{2,}}")
_BARE = re.compile(rf"(?<![\w@.-])(?P<host>{_HOST})(?![\w-])(?P<page>/{_REST}*)?")
_SPOKEN_TOP = any_of("spoken_top_levels")
_SPOKEN = re.compile(
    rf"(?<![\w@.-])[a-z0-9][a-z0-9-]{{2,40}} (?:point|dot) (?:{_SPOKEN_TOP})(?:(?: slash |/)[a-z0-9_.-]+)?(?!\w)"
)
_TRAILING = ".,;:!?)]}'*"
_WELL_KNOWN = words("well_known_sites")


def find_urls(page: Page) -> Iterator[Span]:
    """Yield web addresses, without the punctuation that ends their sentence."""
    for match in _FULL.finditer(page.text):
        yield _trimmed(page, match)
    for match in _BARE.finditer(page.text):
        if match["page"] not in (None, "/") or _names_a_site(match["host"]):
            yield _trimmed(page, match)
    for match in _SPOKEN.finditer(page.text):
        if match[0].split()[0] not in _WELL_KNOWN and not is_common(match[0].split()[0]):
            yield _trimmed(page, match)


def _names_a_site(host: str) -> bool:
    """Tell a site from two sentences without a space ("dispo.ca va bien") and from a brand's front page."""
    labels = host.split(".")
    if len(labels) > 2:
        return not _WELL_KNOWN & set(labels)
    return labels[0] not in _WELL_KNOWN and not is_common(labels[0])


def _trimmed(page: Page, match: re.Match[str]) -> Span:
    address = match[0].rstrip(_TRAILING)
    return page.span(match.start(), match.start() + len(address), "URL", "web address", address)
