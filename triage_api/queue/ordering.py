"""The one order of the queue, for the list and for what a person is offered next.

By urgency, then waiting, then score. In that order alone, youth at risk would never be read while urgent items keep
coming. So a share of the places is theirs: with a share of 20 %, after four items of other lanes in a row the next is
one of theirs, if any waits, whatever else is more urgent. The count goes on from what the house took last, so that
whoever always takes the first of the list, and several people at once, give them that share too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from nlp.types import URGENCIES
from store.decisions import STANDING
from store.settings import Settings
from store.store import Store
from store.tables import Decision, QueueItem, Skip
from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.duty.alerts import is_immediate
from triage_api.exposure.day import restricts_to_immediate
from triage_api.queue.filters import Wanted
from triage_api.shell.cursors import unwrap_sealed, wrap_sealed

RESERVED = "at_risk"
"""The lane that keeps a share of the places."""
ORDER = (QueueItem.rank.desc(), QueueItem.hour, QueueItem.score.desc(), QueueItem.id)
"""Most urgent first, then longest waiting, counted in hours so that the score has its say, then highest score."""
_TOP = len(URGENCIES) - 1
_LIST = "queue"
"""The name that the list's cursors are sealed under: a place in it tells an item's score."""


class Ordered(Protocol):
    """What an item's place in the order follows from."""

    rank: int
    hour: int
    score: float
    id: str


Item = TypeVar("Item", bound=Ordered)


class Place(NamedTuple):
    """Where a stream of items was left: at the last one that was shown."""

    rank: int = _TOP + 1
    hour: int = 0
    score: float = 0.0
    id: str = ""


class Position(NamedTuple):
    """Where the list was left: in the reserved lane, in the others, and how many of those came in a row."""

    kept: Place
    rest: Place
    run: int


def every(settings: Settings) -> int:
    """Return that each so many-th place is the reserved lane's; 0 if it has no share."""
    return 100 // settings.reserved_percent if settings.reserved_percent else 0


def interleaved(kept: Sequence[Item], rest: Sequence[Item], step: int, run: int) -> Iterator[tuple[Item, int]]:
    """Yield items of the reserved lane and of the others, each in order, as one list.

    `run` is how many of the others came in a row before; each item comes with the run after it.
    """
    mine = theirs = 0
    while mine < len(kept) or theirs < len(rest):
        due = bool(step) and run >= step - 1
        if theirs == len(rest) or (mine < len(kept) and (due or _key(kept[mine]) < _key(rest[theirs]))):
            mine, run = mine + 1, 0
            yield kept[mine - 1], run
        else:
            theirs, run = theirs + 1, run + 1
            yield rest[theirs - 1], run


def page_of(
    session: Session, store: Store, wanted: Wanted, cursor: str | None, limit: int
) -> tuple[list[QueueItem], str | None]:
    """Return up to `limit` items that meet some conditions, in order, and the cursor of what follows, if any does.

    The cursor holds both streams' places, so that no item comes twice or is left out while others come and go.
    """
    step = every(store.settings)
    at = _position(store, cursor) if cursor else Position(Place(), Place(), run_of(session, step))
    kept = _stream(session, lambda rank: [*wanted(rank), QueueItem.lane == RESERVED], at.kept, limit + 1)
    rest = _stream(session, lambda rank: [*wanted(rank), QueueItem.lane != RESERVED], at.rest, limit + 1)
    items: list[QueueItem] = []
    for item, run in interleaved(kept, rest, step, at.run):
        if len(items) == limit:
            return items, _cursor(store, at)
        items.append(item)
        place = Place(item.rank, item.hour, item.score, item.id)
        at = Position(place, at.rest, run) if item.lane == RESERVED else Position(at.kept, place, run)
    return items, None


def plain_page_of(
    session: Session, store: Store, wanted: Wanted, cursor: str | None, limit: int
) -> tuple[list[QueueItem], str | None]:
    """Return the same without a reserved share: for one lane, and for what waits no longer."""
    at = _position(store, cursor).rest if cursor else Place()
    items = _stream(session, wanted, at, limit + 1)
    if len(items) <= limit:
        return items, None
    last = items[limit - 1]
    return items[:limit], _cursor(store, Position(Place(), Place(last.rank, last.hour, last.score, last.id), 0))


def next_item(desk: Desk, session: Session, person: Person) -> str | None:
    """Return the id of the item that a person is offered: never one that another reads, or that they skipped.

    First what they hold already, then what a colleague handed to them, then the first of the list that is nobody's;
    past the day's cut-off, or once they have read for too long, only what is immediate.
    """
    now, step = desk.store.clock(), every(desk.store.settings)
    held = select(QueueItem.id).where(QueueItem.status == "open", *_claimed_by(person, now))
    if own := session.scalar(held.order_by(*ORDER).limit(1)):
        return own
    skipped = select(Skip.item_id).where(Skip.user_id == person.id)
    offered = [QueueItem.status == "open", is_free(now), QueueItem.id.not_in(skipped), ~_decided_by(person)]
    if restricts_to_immediate(session, desk.store.settings, person, now):
        offered.append(is_immediate())
    # By the person alone, as in `own_items`; there are few.
    own_ones = session.scalars(select(QueueItem.id).where(QueueItem.handed_to == person.id)).all()
    if own_ones and (handed := _first(session, [*offered, QueueItem.id.in_(own_ones)])):
        return handed
    lapsed = QueueItem.claimed_until.is_not(None)  # a hand-over passes a claim on: whoever let it lapse does not come
    offered.append(or_(QueueItem.handed_to.is_(None), lapsed))
    due = step and run_of(session, step) >= step - 1
    kept = _first(session, [*offered, QueueItem.lane == RESERVED]) if due else None
    return kept or _first(session, offered)


def _decided_by(person: Person) -> ColumnElement[bool]:
    """Return the condition that a person decided on an item since it came; it may wait again for somebody else."""
    since = Decision.created_at >= QueueItem.created_at
    return exists().where(Decision.item_id == QueueItem.id, Decision.user_id == person.id, STANDING, since)


def own_items(session: Session, person: Person, now: datetime, limit: int = 50) -> list[QueueItem]:
    """Return what a person comes to first: the open items they hold, then those handed to them that nobody holds."""
    waits = QueueItem.status == "open"
    held = list(session.scalars(select(QueueItem).where(waits, *_claimed_by(person, now)).order_by(*ORDER)))
    # Few at any time, and by the person alone: asked for what waits, in order, SQLite goes through all that waits.
    handed = session.scalars(select(QueueItem).where(QueueItem.handed_to == person.id))
    free = (item for item in handed if item.status == "open" and _nobody_holds(item, now))
    return [*held, *sorted(free, key=_key)][:limit]


def run_of(session: Session, step: int) -> int:
    """Return how many items of other lanes the house took in a row since the last of the reserved lane."""
    taken = select(QueueItem.lane).where(QueueItem.taken_at.is_not(None))
    latest = list(session.scalars(taken.order_by(QueueItem.taken_at.desc(), QueueItem.id).limit(max(step - 1, 0))))
    return latest.index(RESERVED) if RESERVED in latest else len(latest)


def _first(session: Session, wanted: Sequence[ColumnElement[bool]]) -> str | None:
    return next((item.id for item in _stream(session, lambda _: wanted, Place(), 1)), None)


def _stream(session: Session, wanted: Wanted, after: Place, limit: int) -> list[QueueItem]:
    """Return the items after a place, rank by rank: so each query follows an index and stops at its limit."""
    found: list[QueueItem] = []
    for rank in range(min(after.rank, _TOP), -1, -1):
        query = select(QueueItem).where(*wanted(rank), QueueItem.rank == rank)
        if rank == after.rank:
            query = query.where(*_beyond(after))
        found += session.scalars(query.order_by(*ORDER[1:]).limit(limit - len(found)))
        if len(found) == limit:
            break
    return found


def _beyond(place: Place) -> tuple[ColumnElement[bool], ...]:
    less = and_(QueueItem.score == place.score, QueueItem.id > place.id)
    return QueueItem.hour >= place.hour, or_(QueueItem.hour > place.hour, QueueItem.score < place.score, less)


def _cursor(store: Store, at: Position) -> str:
    return wrap_sealed(store.keys, _LIST, *at.kept, *at.rest, at.run)


def _position(store: Store, cursor: str) -> Position:
    place = (int, int, float, str)
    told = unwrap_sealed(store.keys, _LIST, cursor, *place, *place, int)
    return Position(Place(*told[:4]), Place(*told[4:8]), told[8])


def _key(item: Ordered) -> tuple[int, int, float, str]:
    return -item.rank, item.hour, -item.score, item.id


def _claimed_by(person: Person, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return QueueItem.claimed_by == person.id, QueueItem.claimed_until > now


def _nobody_holds(item: QueueItem, now: datetime) -> bool:
    return item.claimed_until is None or item.claimed_until <= now


def is_free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody's claim on an item is in force."""
    return or_(QueueItem.claimed_until.is_(None), QueueItem.claimed_until <= now)
