"""What the queue holds, as lists and as labels: what is shown of an item before anybody opens it, never its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nlp.types import Signal, Urgency
from store.errors import NotFound
from store.tables import Post, QueueItem, Skip, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.agreement.blind import differing
from triage_api.desk import Desk
from triage_api.queue.filters import EVERYTHING, Filters, conditions, target_of
from triage_api.queue.models import ItemOut, QueuePage
from triage_api.queue.ordering import own_items, page_of, plain_page_of


def listing(
    desk: Desk, person: Person, filters: Filters = EVERYTHING, *, cursor: str | None = None, limit: int = 50
) -> QueuePage:
    """Return items in order, from where a cursor left off, and on the first page what is this person's own."""
    require(person, Action.QUEUE_READ)
    settings, now = desk.store.settings, desk.store.clock()
    wanted = conditions(filters, settings, now)
    shares = filters.status == "open" and filters.lane is None
    with desk.store.database.reading() as session:
        if shares:
            rows, following = page_of(session, desk.store, wanted, cursor, limit)
        else:
            rows, following = plain_page_of(session, desk.store, wanted, cursor, limit)
        own = own_items(session, person, now) if filters.status == "open" and cursor is None else []
        shown = describe(desk, session, [*own, *rows], person)
    return QueuePage(items=shown[len(own) :], next=following, mine=shown[: len(own)])


def item_shown(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Return one item's label; `NotFound` if there is none."""
    require(person, Action.QUEUE_READ)
    with desk.store.database.reading() as session:
        row = session.get(QueueItem, identity)
        if row is None:
            raise NotFound("No such item.")
        return describe(desk, session, [row], person)[0]


def holder(item: QueueItem, now: datetime) -> str | None:
    """Return the id of who holds a claim in force on an item."""
    in_force = item.claimed_until is not None and item.claimed_until > now
    return item.claimed_by if in_force else None


def describe(desk: Desk, session: Session, rows: Sequence[QueueItem], person: Person) -> list[ItemOut]:
    """Return what is shown of items, with as many queries however many they are."""
    held = _known(row.post_id for row in rows)
    posts = {post.id: post for post in session.scalars(select(Post).where(Post.id.in_(held)))}
    sources = {post.source_id for post in posts.values()}
    known = _Known(
        posts=posts,
        titles=dict(session.execute(select(Source.id, Source.title).where(Source.id.in_(sources))).all()),
        names=pseudonyms(session, (one for row in rows for one in (row.claimed_by, row.handed_to))),
        copies=copies_of(session, _known(row.same_text for row in rows)),
        differing=differing(session, [row.id for row in rows if row.double and row.status == "open"]),
        passed=_passed(session, person, [row.id for row in rows if row.status == "open"]),
    )
    return [_shown(desk, row, known, person) for row in rows]


def copies_of(session: Session, texts: Iterable[str]) -> dict[str, int]:
    """Return how many live posts carry each of the texts."""
    query = select(Post.same_text, func.count()).where(Post.same_text.in_(set(texts)), Post.status == "live")
    return dict(session.execute(query.group_by(Post.same_text)).all())


@dataclass(frozen=True, slots=True)
class _Known:
    """What was looked up at once for all items of a list."""

    posts: Mapping[str, Post]
    titles: Mapping[str, str]
    names: Mapping[str, str]
    copies: Mapping[str, int]
    differing: Set[str]
    passed: Set[str]


def _shown(desk: Desk, row: QueueItem, known: _Known, person: Person) -> ItemOut:
    now, urgency = desk.store.clock(), cast("Urgency", row.urgency)
    post, held_by = known.posts.get(row.post_id or ""), holder(row, now)
    posted_at = post.posted_at if post else None
    waiting, target = _seconds(row.created_at, now), int(target_of(desk.store.settings, urgency).total_seconds())
    return ItemOut(
        id=row.id,
        post=row.post_id,
        request=row.request_id,
        lane=row.lane,
        urgency=urgency,
        status=row.status,
        waiting_s=waiting,
        target_s=target,
        late=row.status == "open" and waiting >= target,
        signals=cast("list[Signal]", row.signals),
        region=row.region,
        desk=row.desk,
        source=known.titles.get(post.source_id) if post else None,
        posted_at=posted_at,
        age_s=_seconds(posted_at, now) if posted_at else None,
        created_at=row.created_at,
        claimed_by=known.names.get(held_by) if held_by else None,
        claimed_until=row.claimed_until if held_by else None,
        mine=held_by == person.id,
        handed_to=known.names.get(row.handed_to or ""),
        for_me=row.handed_to == person.id,
        passed=row.id in known.passed,
        copies=known.copies.get(row.same_text, 1),
        differs=row.id in known.differing,
    )


def _passed(session: Session, person: Person, items: Sequence[str]) -> set[str]:
    return set(session.scalars(select(Skip.item_id).where(Skip.user_id == person.id, Skip.item_id.in_(items))))


def _seconds(since: datetime, now: datetime) -> int:
    return max(int((now - since).total_seconds()), 0)


def _known(values: Iterable[str | None]) -> set[str]:
    return {value for value in values if value}
