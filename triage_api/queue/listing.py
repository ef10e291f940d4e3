"""The queue's order, its filters, and what is shown of an item before anybody opens it: never its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select, Text, and_, func, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from nlp.types import Signal, Urgency
from store.errors import NotFound
from store.tables import Lane, Post, QueueItem, Skip, Source, User
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.queue.models import ItemOut, QueuePage, Status
from triage_api.shell.cursors import unwrap, wrap

ORDER = (QueueItem.rank.desc(), QueueItem.hour, QueueItem.score.desc(), QueueItem.id)
"""Most urgent first, then longest waiting, counted in hours so that the score has its say, then highest score."""


def listing(
    desk: Desk,
    person: Person,
    *,
    lane: Lane | None = None,
    signal: Signal | None = None,
    status: Status = "open",
    cursor: str | None = None,
    limit: int = 50,
) -> QueuePage:
    """Return items in order, from where a cursor left off; `open` holds those that are claimed too."""
    require(person, Action.QUEUE_READ)
    now = desk.store.clock()
    query = select(QueueItem).where(*_filters(lane, signal, status, now)).order_by(*ORDER).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor))
    with desk.store.database.reading() as session:
        rows = list(session.scalars(query))
        items = describe(session, rows[:limit], person, now)
    last = rows[limit - 1] if len(rows) > limit else None
    return QueuePage(items=items, next=last and wrap(last.rank, last.hour, last.score, last.id))


def item_shown(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Return one item's label; `NotFound` if there is none."""
    require(person, Action.QUEUE_READ)
    with desk.store.database.reading() as session:
        row = session.get(QueueItem, identity)
        if row is None:
            raise NotFound("No such item.")
        return describe(session, [row], person, desk.store.clock())[0]


def waiting_by_lane(desk: Desk, person: Person) -> dict[str, int]:
    """Return how many open items each lane holds."""
    require(person, Action.QUEUE_READ)
    query = select(QueueItem.lane, func.count()).where(QueueItem.status == "open").group_by(QueueItem.lane)
    with desk.store.database.reading() as session:
        return dict(session.execute(query).all())


def next_item(session: Session, person: Person, now: datetime) -> str | None:
    """Return the first item that nobody reads and that this person has not skipped."""
    skipped = select(Skip.item_id).where(Skip.user_id == person.id)
    free = or_(QueueItem.claimed_until.is_(None), QueueItem.claimed_until <= now)
    query = select(QueueItem.id).where(QueueItem.status == "open", free, QueueItem.id.not_in(skipped))
    return session.scalar(query.order_by(*ORDER).limit(1))


def holder(item: QueueItem, now: datetime) -> str | None:
    """Return the id of who holds a claim in force on an item."""
    in_force = item.claimed_until is not None and item.claimed_until > now
    return item.claimed_by if in_force else None


def describe(session: Session, rows: Sequence[QueueItem], person: Person, now: datetime) -> list[ItemOut]:
    """Return what is shown of items, with four queries however many they are."""
    posts = {
        post.id: post for post in session.scalars(select(Post).where(Post.id.in_(_known(r.post_id for r in rows))))
    }
    titles = _pairs(
        session, select(Source.id, Source.title).where(Source.id.in_({p.source_id for p in posts.values()}))
    )
    names = _pairs(session, select(User.id, User.pseudonym).where(User.id.in_(_known(r.claimed_by for r in rows))))
    copies = copies_of(session, _known(row.same_text for row in rows))
    return [_shown(row, posts.get(row.post_id or ""), titles, names, copies, person, now) for row in rows]


def copies_of(session: Session, texts: Iterable[str]) -> dict[str, int]:
    """Return how many live posts carry each of the texts."""
    query = select(Post.same_text, func.count()).where(Post.same_text.in_(set(texts)), Post.status == "live")
    return dict(session.execute(query.group_by(Post.same_text)).all())


def _shown(  # noqa: PLR0917 - what `describe` looked up at once for all items
    row: QueueItem,
    post: Post | None,
    titles: Mapping[str, str],
    names: Mapping[str, str],
    copies: Mapping[str, int],
    person: Person,
    now: datetime,
) -> ItemOut:
    held_by = holder(row, now)
    return ItemOut(
        id=row.id,
        post=row.post_id,
        request=row.request_id,
        lane=row.lane,
        urgency=cast("Urgency", row.urgency),
        status=row.status,
        waiting_s=max(int((now - row.created_at).total_seconds()), 0),
        signals=cast("list[Signal]", row.signals),
        region=row.region,
        source=titles.get(post.source_id) if post else None,
        posted_at=post.posted_at if post else None,
        created_at=row.created_at,
        claimed_by=names.get(held_by) if held_by else None,
        claimed_until=row.claimed_until if held_by else None,
        mine=held_by == person.id,
        copies=copies.get(row.same_text, 1),
    )


def _filters(lane: Lane | None, signal: Signal | None, status: Status, now: datetime) -> list[ColumnElement[bool]]:
    filters = [QueueItem.status == ("decided" if status == "decided" else "open")]
    if status == "claimed":
        filters.append(QueueItem.claimed_until > now)
    if lane is not None:
        filters.append(QueueItem.lane == lane)
    if signal is not None:  # a JSON list of names from a closed set, so a quoted name is found exactly
        filters.append(sql_cast(QueueItem.signals, Text).contains(f'"{signal}"', autoescape=True))
    return filters


def _after(cursor: str) -> ColumnElement[bool]:
    rank, hour, score, identity = unwrap(cursor, int, int, float, str)
    tied = and_(QueueItem.rank == rank, QueueItem.hour == hour)
    return or_(
        QueueItem.rank < rank,
        and_(QueueItem.rank == rank, QueueItem.hour > hour),
        and_(tied, QueueItem.score < score),
        and_(tied, QueueItem.score == score, QueueItem.id > identity),
    )


def _pairs(session: Session, query: Select[str, str]) -> dict[str, str]:
    return dict(session.execute(query).all())


def _known(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value}
