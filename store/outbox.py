"""The outbox: what the index must hear of. It is work like any other, leased and shared by several indexers.

A row names a post, not a change: the indexer reads the post's newest state, under the revision that counts its changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.locks import hold_posts
from store.tables import Post, Work
from store.work import add_work, add_work_once, finish_work

INDEX = "index"
"""The kind of work that a post waits for after a change that searches must see."""
AGAIN = "index-again"
"""What was told to the live index while another was built beside it: it is told again to that one."""
REBUILD = "rebuild"
"""A generation of the index that is being built; the key is its name."""


def announce(session: Session, post_ids: Iterable[str], now: datetime) -> None:
    """Say, in the transaction that changes them, that posts changed; their revision grows by one."""
    changed = sorted(set(post_ids))
    hold_posts(session, changed)
    session.execute(update(Post).where(Post.id.in_(changed)).values(revision=Post.revision + 1))
    add_work(session, INDEX, changed, now)


def begin_rebuild(session: Session, generation: str, now: datetime) -> None:
    """From now on, note what the live index is told: the generation that is being built must hear of it too."""
    session.execute(delete(Work).where(Work.kind == REBUILD, Work.key != generation))  # given up long ago
    add_work_once(session, REBUILD, [generation], now)


def being_built(session: Session) -> str | None:
    """Return the generation whose building has begun and was not ended, None if there is none."""
    return session.scalar(select(Work.key).where(Work.kind == REBUILD).limit(1))


def end_rebuild(session: Session, generation: str, now: datetime) -> None:
    """Have all that was noted while a generation was built told again; it is the live one now, or was given up."""
    ended = delete(Work).where(Work.kind == REBUILD, Work.key == generation).returning(Work.id)
    if session.scalar(ended) is not None:
        noted = session.scalars(delete(Work).where(Work.kind == AGAIN).returning(Work.key)).all()
        add_work(session, INDEX, noted, now)


def told(session: Session, post_ids: Iterable[str], now: datetime) -> None:
    """Forget index work that is done; while a generation is being built, note it for that one."""
    done = sorted(set(post_ids))
    if being_built(session) is not None:
        add_work_once(session, AGAIN, done, now)
    finish_work(session, INDEX, done)
