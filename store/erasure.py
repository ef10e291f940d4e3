"""Letting posts go: their text and all that repeats it, everywhere."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.captures import erase_capture
from store.holds import held
from store.leftovers import ask_destruction
from store.links import forget_links
from store.locks import hold, same_text_name
from store.notes import forget_notes
from store.outbox import announce
from store.posts import ASSESS
from store.settings import Settings
from store.store import Store
from store.tables import AssessmentRow, Capture, Post, QueueItem, Work
from store.work import add_work, add_work_once

THOROUGH = "erase-thoroughly"
"""The kind of work that waits after an erasure: to take what was erased out of the files of index and database too.

Its key is the moment of the erasure."""

_MARGIN = timedelta(hours=2)
"""So much sooner than it must be done a thorough erasure is begun: building an index anew takes a while."""


def ended_posts(session: Session, now: datetime) -> list[str]:
    """Return ids of posts whose time is over, held or not, oldest end first."""
    query = select(Post.id).where(Post.status == "live", Post.expires_at <= now)
    return list(session.scalars(query.order_by(Post.expires_at)))


def blank(store: Store, session: Session, identity: str, status: Literal["erased", "quarantined"]) -> list[str]:
    """Take a post's text and all that repeats it out of the database; return the capture files to delete after.

    What stays: ids, times, region and digests of nothing readable, so that a post is not collected again.
    """
    now = store.clock()
    paths = list(session.scalars(select(Capture.path).where(Capture.post_id == identity)))
    session.execute(delete(Capture).where(Capture.post_id == identity))
    session.execute(delete(AssessmentRow).where(AssessmentRow.post_id == identity))
    session.execute(delete(Work).where(Work.kind == ASSESS, Work.key == identity))
    item = session.scalar(select(QueueItem).where(QueueItem.post_id == identity, QueueItem.status == "open"))
    if item is not None:
        item.status = "expired"
        read_copies(session, identity, item.same_text, now)
    # The digest of a short text tells it to whoever tries them all.
    session.execute(update(QueueItem).where(QueueItem.post_id == identity).values(same_text=""))
    session.execute(
        update(Post)
        .where(Post.id == identity)
        .values(
            external_id=identity,
            text="",
            title="",
            author="",
            url="",
            city="",
            digest="",
            same_text="",
            status=status,
            expires_at=None,
            provenance={},
        )
    )
    announce(session, [identity], now)
    ask_destruction(session, [f"reveal:{identity}"], now)  # why its author or address was looked at may name somebody
    forget_notes(session, identity, now)
    ask_thorough(session, store.settings, now)
    forget_links(session, identity, now)
    return paths


def ask_thorough(session: Session, settings: Settings, now: datetime) -> None:
    """Ask for what was erased to leave the files too, unless that waits; one under way may have begun too soon."""
    waits = select(Work.id).where(Work.kind == THOROUGH, Work.owner.is_(None), Work.due_at.is_not(None)).limit(1)
    if session.scalar(waits) is None:
        moment = now.astimezone(UTC).isoformat(timespec="microseconds")
        wait = timedelta(hours=settings.erase_hours) - _MARGIN
        add_work_once(session, THOROUGH, [moment], now + max(wait, timedelta()))


def hold_texts(session: Session, ids: Collection[str]) -> None:
    """Hold the texts of posts, and those that their queue items carry, before their rows: see `store.locks`."""
    now = select(Post.same_text).where(Post.id.in_(ids))
    before = select(QueueItem.same_text).where(QueueItem.post_id.in_(ids))
    digests = set(session.scalars(now.union(before)))
    hold(session, map(same_text_name, digests - {""}))


def read_copies(session: Session, identity: str, text: str, now: datetime) -> None:
    """Have the other copies of a text assessed again: the post that waited for all of them no longer does.

    `text` is the digest of `same_text` that the post's queue item carried.
    """
    copies = select(Post.id).where(Post.same_text == text, Post.status == "live", Post.id != identity)
    add_work(session, ASSESS, session.scalars(copies).all(), now)


def erase(store: Store, identity: str, *, if_expired: bool = False) -> bool:
    """Erase a post from the database, its captures and, through the outbox, the index; tell whether it was.

    With `if_expired`, only if its time has come still: a decision since may keep it or have sealed it away. What is
    held is never erased.
    """
    now = store.clock()
    with store.database.writing() as session:
        hold_texts(session, [identity])
        row = session.scalar(select(Post).where(Post.id == identity).with_for_update())
        if if_expired and not (row and row.status == "live" and row.expires_at and row.expires_at <= now):
            return False
        if held(session, "post", identity, now):
            return False
        paths = blank(store, session, identity, "erased")
    for path in paths:
        erase_capture(store.settings.captures, path)
    return True
