"""The outbox: what the index must hear of. It is work like any other, leased and shared by several indexers.

A row names a post, not a change: the indexer reads the post's newest state, under the revision that counts its changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from store.tables import Post
from store.work import add_work

INDEX = "index"
"""The kind of work that a post waits for after a change that searches must see."""


def announce(session: Session, post_ids: Iterable[str], now: datetime) -> None:
    """Say, in the transaction that changes them, that posts changed; their revision grows by one."""
    changed = sorted(set(post_ids))
    session.execute(update(Post).where(Post.id.in_(changed)).values(revision=Post.revision + 1))
    add_work(session, INDEX, changed, now)
