"""The second readings that wait, and taking one: a lease, so that no two people read the same one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from store.decisions import STANDING
from store.errors import Conflict, NotFound
from store.tables import Decision, Judgement, Post, QueueItem
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.blind import blinding
from triage_api.agreement.models import Judging, SecondOut, Turn, WaitingOut
from triage_api.desk import Desk
from triage_api.exposure.service import require_going_on
from triage_api.queue.listing import holder


def waiting(desk: Desk, person: Person) -> WaitingOut:
    """Return how many second readings wait, since when, and how many of them this person may take."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.reading() as session:
        rows = session.execute(_waiting(desk).add_columns(_decided_at)).all()
        yours = session.scalars(_for(person, desk)).all()
    return WaitingOut(waiting=len(rows), since=min((at for _, at in rows), default=None), yours=len(yours))


def take_next(desk: Desk, person: Person) -> SecondOut:
    """Hold the second reading that this person holds already, else the one that waits longest."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        query = _for(person, desk).order_by(QueueItem.claimed_by.is_distinct_from(person.id), _decided_at, QueueItem.id)
        item = session.scalar(query.limit(1).with_for_update(of=QueueItem, skip_locked=True))
        if item is None:
            return SecondOut(item=None, post=None)
        _hold(desk, session, item, person)
        return SecondOut(item=item.id, post=item.post_id)


def take(desk: Desk, person: Person, identity: str) -> SecondOut:
    """Hold one second reading; `Conflict` if it is none for this person (`not_second`) or another's (`claimed`)."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        item = session.scalar(select(QueueItem).where(QueueItem.id == identity).with_for_update())
        if item is None:
            raise NotFound("No such item.")
        if session.scalar(_waiting(desk, person).where(QueueItem.id == identity)) is None:
            raise Conflict("This item waits for no second reading of yours.", code="not_second")
        if holder(item, desk.store.clock()) not in (None, person.id):
            raise Conflict("Somebody else reads this item now.", code="claimed")
        _hold(desk, session, item, person)
        return SecondOut(item=item.id, post=item.post_id)


def judging_of(desk: Desk, person: Person, post_id: str) -> Judging | None:
    """Return how a person stands to a post that they are to judge blind; None if they see it whole."""
    require(person, Action.POST_READ)
    with desk.store.database.reading() as session:
        item = blinding(session, person, [post_id]).get(post_id)
        if item is None:
            return None
    held = holder(item, desk.store.clock())
    turn: Turn = "first" if item.status == "open" else "second"
    mine, others = held == person.id, held not in (None, person.id)
    return Judging(item=item.id, post=item.post_id or "", turn=turn, mine=mine, held=others)


_decided_at = select(func.max(Decision.created_at)).where(Decision.item_id == QueueItem.id, STANDING).scalar_subquery()
"""When an item was decided."""


def _waiting(desk: Desk, person: Person | None = None) -> Select[QueueItem]:
    """Return the query for the items that wait for a second reading, of anybody or of a person.

    What was decided a moment ago may still be undone: it comes after.
    """
    settled = desk.store.clock() - timedelta(seconds=desk.store.settings.undo_seconds)
    once = select(Judgement.item_id).group_by(Judgement.item_id).having(func.count() == 1)
    query = (
        select(QueueItem)
        .join(Post, Post.id == QueueItem.post_id)
        .where(QueueItem.double, QueueItem.status == "decided", QueueItem.id.in_(once), _decided_at <= settled)
        .where(Post.status == "live", Post.version == QueueItem.version)
    )
    return query if person is None else query.where(~_seen_by(person))


def _for(person: Person, desk: Desk) -> Select[QueueItem]:
    """Return the query for the second readings that a person may take now or holds."""
    return _waiting(desk, person).where(_free(desk.store.clock(), person))


def _seen_by(person: Person) -> ColumnElement[bool]:
    judged = exists().where(Judgement.item_id == QueueItem.id, Judgement.user_id == person.id)
    return or_(judged, exists().where(Decision.item_id == QueueItem.id, Decision.user_id == person.id))


def _free(now: datetime, person: Person) -> ColumnElement[bool]:
    return or_(QueueItem.claimed_until.is_(None), QueueItem.claimed_until <= now, QueueItem.claimed_by == person.id)


def _hold(desk: Desk, session: Session, item: QueueItem, person: Person) -> None:
    """Put the lease of a second reading on a decided item; whose decision it is stands in the decision.

    Nobody's safety waits for it: who has read as long as is healthy says first that they go on (`exposure_limit`).
    """
    require_going_on(session, desk.store.settings, person, desk.store.clock())
    item.claimed_by = person.id
    item.claimed_until = desk.store.clock() + timedelta(minutes=desk.store.settings.claim_minutes)
