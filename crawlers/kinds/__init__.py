"""The collector of each kind of source."""

from __future__ import annotations

from crawlers.collector import Collector
from crawlers.kinds.bluesky import Bluesky
from crawlers.kinds.board import Board
from crawlers.kinds.discourse import Discourse
from crawlers.kinds.feed import Feed
from crawlers.kinds.forum import Forum
from crawlers.kinds.mastodon import Mastodon
from crawlers.kinds.phpbb import PhpBB
from crawlers.kinds.sitemap import Sitemap
from crawlers.kinds.wordpress import WordPress
from crawlers.sources.declaration import SourceDeclaration

_ALL: tuple[type[Collector], ...] = (
    *(Board, Forum, PhpBB, Discourse),
    *(Feed, WordPress),
    *(Mastodon, Bluesky),
    Sitemap,
)
COLLECTORS: dict[str, type[Collector]] = {one.kind: one for one in _ALL}
"""By the `kind` of a declaration."""


def first_requests(declaration: SourceDeclaration) -> list[str]:
    """Return the addresses that a collection of the source would ask for first, robots.txt aside."""
    return COLLECTORS[declaration.kind].first_requests(declaration)
