"""Taking a post out of its campaign, and putting it back: a person sees what contacts and words do not tell.

It stays out while it says what it said; once it is edited, it is linked like any other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from store.links import LINK, forget_links
from store.posts import ASSESS
from store.tables import Parted, Post
from store.work import add_work


def parted_among(session: Session, ids: Collection[str]) -> set[str]:
    """Return those of the posts that a person took out of their campaign, as they are now."""
    of_now = and_(Post.id == Parted.post_id, Post.version == Parted.version)
    return set(session.scalars(select(Parted.post_id).join(Post, of_now).where(Parted.post_id.in_(ids))))


def part(session: Session, post: Post, user: str, now: datetime) -> None:
    """Take a post out of its campaign, in the caller's transaction, which holds its row; `user` is a person's id.

    It is read again: what waited with the copies of its text waits by itself then.
    """
    row = session.get(Parted, post.id) or Parted(post_id=post.id)
    row.version, row.user_id, row.at = post.version, user, now
    session.add(row)
    session.flush()
    add_work(session, ASSESS, [post.id], now)
    forget_links(session, post.id, now)


def join_again(session: Session, post: Post, now: datetime) -> bool:
    """Have a post linked again that was taken out, its row held; tell whether it was out."""
    row = session.get(Parted, post.id)
    if row is None or row.version != post.version:
        return False
    session.delete(row)
    session.flush()
    add_work(session, LINK, [post.id], now)
    return True
