"""How much waits in each lane and at each desk, for how long, and what is late: three queries that follow indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, literal, select, tuple_
from sqlalchemy.orm import Session

from nlp.types import URGENCIES
from store.settings import Settings
from store.tables import QueueItem
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.queue.filters import UNKNOWN, hour_of, late_since, target_of
from triage_api.queue.models import LANES, CountsOut, DeskOut, LaneOut


@dataclass(slots=True)
class _Tally:
    """What waits of one rank in one lane."""

    waiting: int
    first_hour: int
    late: int
    oldest: datetime | None = None


def counts(desk: Desk, person: Person) -> CountsOut:
    """Return what waits, by lane and by territory; every lane is there, a territory only if something waits.

    It is the same for all who may read the queue, and at most `counts_seconds` old: with 50,000 items, counting is
    nearly half of the page's work.
    """
    require(person, Action.QUEUE_READ)
    return desk.waiting.get(desk.store.settings.counts_seconds, lambda: _counted_now(desk))


def _counted_now(desk: Desk) -> CountsOut:
    with desk.store.database.reading() as session:
        return waiting(session, desk.store.settings, desk.store.clock())


def waiting(session: Session, settings: Settings, now: datetime) -> CountsOut:
    """Return what waits, by lane and by territory, to whoever the caller lets know it."""
    tallies = _tallies(session, late_since(settings, now))
    return CountsOut(lanes=[_lane(lane, tallies, settings, now) for lane in LANES], desks=_desks(session))


def _tallies(session: Session, late: Mapping[int, datetime]) -> dict[tuple[str, int], _Tally]:
    """Count by whole hours, which an index holds; then look at the items of the hours that the counts hang on."""
    before = case({rank: hour_of(since) for rank, since in late.items()}, value=QueueItem.rank)
    by_hour = select(
        QueueItem.lane,
        QueueItem.rank,
        func.count(),
        func.min(QueueItem.hour),
        func.sum(case((QueueItem.hour < before, 1), else_=0)),
    )
    grouped = by_hour.where(QueueItem.status == "open").group_by(QueueItem.lane, QueueItem.rank)
    tallies = {(lane, rank): _Tally(*rest) for lane, rank, *rest in session.execute(grouped)}
    _look_closer(session, tallies, late)
    return tallies


def _look_closer(session: Session, tallies: dict[tuple[str, int], _Tally], late: Mapping[int, datetime]) -> None:
    hours = [
        (lane, rank, hour)
        for (lane, rank), tally in tallies.items()
        for hour in {tally.first_hour, hour_of(late[rank])}
    ]
    if not hours:
        return
    moments = {rank: literal(since, QueueItem.created_at.type) for rank, since in late.items()}
    near = select(
        QueueItem.lane,
        QueueItem.rank,
        QueueItem.hour,
        func.min(QueueItem.created_at),
        func.sum(case((QueueItem.created_at <= case(moments, value=QueueItem.rank), 1), else_=0)),
    )
    place = tuple_(QueueItem.lane, QueueItem.rank, QueueItem.hour)
    grouped = near.where(QueueItem.status == "open", place.in_(hours))
    for lane, rank, hour, oldest, passed in session.execute(
        grouped.group_by(QueueItem.lane, QueueItem.rank, QueueItem.hour)
    ):
        tally = tallies[lane, rank]
        if hour == tally.first_hour:
            tally.oldest = oldest
        if hour == hour_of(late[rank]):
            tally.late += passed


def _lane(lane: str, tallies: Mapping[tuple[str, int], _Tally], settings: Settings, now: datetime) -> LaneOut:
    own = {rank: tally for (where, rank), tally in tallies.items() if where == lane}
    oldest = min(((tally.oldest, rank) for rank, tally in own.items() if tally.oldest), default=None)
    return LaneOut(
        lane=lane,
        waiting=sum(tally.waiting for tally in own.values()),
        late=sum(tally.late for tally in own.values()),
        oldest_s=oldest and max(int((now - oldest[0]).total_seconds()), 0),
        target_s=oldest and int(target_of(settings, URGENCIES[oldest[1]]).total_seconds()),
    )


def _desks(session: Session) -> list[DeskOut]:
    """Return the territories by name, those of which nothing is known last."""
    query = select(QueueItem.desk, func.count()).where(QueueItem.status == "open").group_by(QueueItem.desk)
    waiting: dict[str, int] = dict(session.execute(query).all())
    unknown = waiting.pop("", 0)
    return [DeskOut(desk=name, waiting=waiting[name]) for name in sorted(waiting)] + [
        DeskOut(desk=UNKNOWN, waiting=unknown)
    ]
