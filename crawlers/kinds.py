"""The collector of each kind of source."""

from __future__ import annotations

from crawlers.board import Board
from crawlers.collector import Collector
from crawlers.feed import Feed
from crawlers.forum import Forum
from crawlers.mastodon import Mastodon

COLLECTORS: dict[str, type[Collector]] = {one.kind: one for one in (Board, Forum, Feed, Mastodon)}
"""By the `kind` of a declaration."""
