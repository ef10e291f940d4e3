"""Claims: who reads an item now. A claim is a lease: if it is not renewed, the item is anybody's again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.tables import QueueItem, Skip
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.duty.alerts import hush, reads_as_immediate
from triage_api.exposure.service import require_going_on
from triage_api.queue.listing import describe, holder
from triage_api.queue.models import ItemOut, NextOut
from triage_api.queue.ordering import next_item

HANDED = "handed"
"""The kind of alert that tells a person of an item that was handed to them."""


def claim(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Hold an item for a while, or hold it longer; `Conflict` (`claimed`) if another person holds it.

    Who has read as long as is healthy today says first that they go on (`exposure_limit`), unless it is immediate.
    """
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        item = open_item(session, identity)
        if not reads_as_immediate(item):
            require_going_on(session, desk.store.settings, person, desk.store.clock())
        hold(session, item, person, desk)
        return describe(desk, session, [item], person)[0]


def renew(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Hold longer what one holds, or held last if nobody took it since; `Conflict` (`not_held`) else."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        item = open_item(session, identity)
        if item.claimed_by != person.id:
            raise Conflict("You do not hold this item: claim it.", code="not_held")
        hold(session, item, person, desk)
        return describe(desk, session, [item], person)[0]


def release(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Give an item back; one that nobody holds stays as it is."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        item = open_item(session, identity)
        require_free(item, person, desk)
        give_back(session, item, person, desk)
        return describe(desk, session, [item], person)[0]


def skip(desk: Desk, person: Person, identity: str) -> NextOut:
    """Pass an item over without a reason: it is given back and not offered to this person again."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        item = open_item(session, identity)
        if holder(item, desk.store.clock()) in (None, person.id):
            give_back(session, item, person, desk)
        pass_over(session, item, person, desk)
        return NextOut(next=next_item(desk, session, person))


def open_item(session: Session, identity: str) -> QueueItem:
    """Return an open item, its row held; `NotFound` if there is none, `Conflict` (`decided`) if it is not open."""
    item = session.scalar(select(QueueItem).where(QueueItem.id == identity).with_for_update())
    if item is None:
        raise NotFound("No such item.")
    if item.status != "open":
        raise Conflict("This item is no longer in the queue.", code="decided")
    return item


def hold(session: Session, item: QueueItem, person: Person, desk: Desk) -> None:
    """Put a person's claim on an item, in the caller's transaction; `Conflict` if another person's is in force.

    What had been handed to somebody whose claim has lapsed is theirs no more.
    """
    require_free(item, person, desk)
    now = desk.store.clock()
    item.claimed_by, item.claimed_until = person.id, lease_end(desk)
    item.taken_at = item.taken_at or now
    settle_handing(session, item, person, desk)


def lease_end(desk: Desk) -> datetime:
    """Return until when a claim holds that begins now."""
    return desk.store.clock() + timedelta(minutes=desk.store.settings.claim_minutes)


def require_free(item: QueueItem, person: Person, desk: Desk) -> None:
    """Raise `Conflict` (`claimed`) if another person's claim on an item is in force."""
    if holder(item, desk.store.clock()) not in (None, person.id):
        raise Conflict("Somebody else reads this item now.", code="claimed")


def give_back(session: Session, item: QueueItem, person: Person, desk: Desk) -> None:
    """Take a person's claim from an item, in the caller's transaction; what they were handed is anybody's then."""
    if person.id in (item.claimed_by, item.handed_to):
        item.claimed_by = item.claimed_until = item.handed_to = None
        hush(session, HANDED, [item.id], desk.store.clock())


def pass_over(session: Session, item: QueueItem, person: Person, desk: Desk) -> None:
    """Note that an item is not to be offered to a person again."""
    session.execute(delete(Skip).where(Skip.item_id == item.id, Skip.user_id == person.id))
    session.add(Skip(item_id=item.id, user_id=person.id, at=desk.store.clock()))
    session.flush()


def close(item: QueueItem, person: Person) -> None:
    """Take an item out of the queue, in the caller's transaction."""
    item.status, item.claimed_by, item.claimed_until, item.handed_to = "decided", person.id, None, None


def settle_handing(session: Session, item: QueueItem, person: Person, desk: Desk) -> None:
    """End what a hand-over began: whoever it was for has taken the item, or somebody else has."""
    if item.handed_to is not None:
        item.handed_to = item.handed_to if item.handed_to == person.id else None
        hush(session, HANDED, [item.id], desk.store.clock())
