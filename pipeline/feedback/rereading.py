"""Reading again what waits, after another model was put in force: when nothing that came in waits to be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.posts import ASSESS
from store.store import Store
from store.tables import Post, QueueItem, Work
from store.work import add_work, add_work_once, finish_work, held_work, take_work

REREAD = "reread"
"""The kind of work that a post in the queue waits for after a switch."""
_AT_ONCE = 64


def ask_again(session: Session, now: datetime) -> int:
    """Ask for every post that waits in the queue to be read again; return how many. What is decided is left alone.

    So is read what was withdrawn and is kept still: going back to a model brings back what the other one withdrew.
    """
    undecided = select(Post.id).join(QueueItem, QueueItem.post_id == Post.id)
    undecided = undecided.where(QueueItem.status.in_(("open", "withdrawn")), Post.status == "live")
    posts = list(session.scalars(undecided))
    add_work(session, REREAD, posts, now)
    return len(posts)


def read_again(store: Store, owner: str) -> int:
    """Hand some of what is to be read again to the step that reads, if that has nothing else to do; return how many."""
    now = store.clock()
    with store.database.writing() as session:
        if session.scalar(select(Work.id).where(Work.kind == ASSESS, Work.due_at <= now).limit(1)) is not None:
            return 0
        lease = timedelta(seconds=store.settings.lease_seconds)
        taken = take_work(session, REREAD, owner, now=now, lease=lease, limit=_AT_ONCE)
        held = held_work(session, REREAD, owner, taken)
        add_work_once(session, ASSESS, held, now)
        finish_work(session, REREAD, held)
    return len(taken)
