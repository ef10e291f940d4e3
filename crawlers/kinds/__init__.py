"""The collector of each kind of source."""

from __future__ import annotations

from crawlers.collector import Collector
from crawlers.kinds.board import Board
from crawlers.kinds.feed import Feed
from crawlers.kinds.forum import Forum
from crawlers.kinds.mastodon import Mastodon

COLLECTORS: dict[str, type[Collector]] = {one.kind: one for one in (Board, Forum, Feed, Mastodon)}
"""By the `kind` of a declaration."""
