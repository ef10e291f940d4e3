"""A person's day of reading: how long, against the soft limit, since when without a break, what is offered still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day, house_zone
from store.settings import Settings
from store.tables import DeskAlert, ReadingSpan
from triage_api.access.models import Person
from triage_api.duty.hours import Span, at

TAIL = timedelta(minutes=1)
"""Counted for the last text before a break: how long it was read nobody knows."""
NEAR = 0.75
"""Share of the limit from which a page tells it."""
_MORNING = time(6)
"""Until when a cut-off in the evening lasts."""
GOES_ON = "going_on"
"""The kind of alert that stands for "I go on": known to the person alone; about ``DAY/HOURS over the limit``."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A person's reading today."""

    seconds: int
    limit: int
    """Seconds after which to stop."""
    posts: int
    """Texts opened."""
    run: int
    """Seconds since the last break; 0 for whoever is at one."""
    break_due: bool
    near: bool
    """At three quarters of the limit or above."""
    over: bool
    asks: bool
    """Whether the person is to say that they go on: at the limit, and once more for each hour above it."""
    cut_off: bool
    """Whether it is too late in the day for what is not immediate."""

    @property
    def told(self) -> bool:
        """Return whether there is anything to tell the person."""
        return self.near or self.break_due or self.cut_off


@dataclass(frozen=True, slots=True)
class Day:
    """What a person read on one day of Québec."""

    day: date
    seconds: int
    posts: int
    stretches: int
    """Spans without a break that began on it."""


def exposure_of(session: Session, settings: Settings, user: str, now: datetime) -> Exposure:
    """Return a person's reading today, in Québec."""
    today = house_day(now)
    rows = _rows(session, user, bounds(today)[0])
    day, limit = _day(rows, today, now), int(settings.exposure_hours * 3600)
    run = _run(rows, settings, now)
    over = day.seconds >= limit
    return Exposure(
        seconds=day.seconds,
        limit=limit,
        posts=day.posts,
        run=run,
        break_due=run >= settings.exposure_break_after_minutes * 60,
        near=day.seconds >= NEAR * limit,
        over=over,
        asks=over and not _went_on(session, user, step_of(today, day.seconds, limit)),
        cut_off=is_cut_off(settings, now),
    )


def days_of(session: Session, user: str, now: datetime, count: int = 8) -> list[Day]:
    """Return a person's days of reading, today first."""
    today = house_day(now)
    days = [today - timedelta(days=back) for back in range(count)]
    rows = _rows(session, user, bounds(days[-1])[0])
    return [_day(rows, day, now) for day in days]


def restricts_to_immediate(session: Session, settings: Settings, person: Person, now: datetime) -> bool:
    """Tell whether a person is to be offered nothing but immediate items: after the cut-off, or asked to stop."""
    if is_cut_off(settings, now):
        return True
    return exposure_of(session, settings, person.id, now).asks


def is_cut_off(settings: Settings, now: datetime) -> bool:
    """Tell whether it is past the cut-off; it lasts until six in the morning."""
    if not settings.exposure_cut_off:
        return False
    begins, shown = time.fromisoformat(settings.exposure_cut_off), now.astimezone(house_zone()).time()
    return begins <= shown < _MORNING if begins < _MORNING else shown >= begins or shown < _MORNING


def step_of(day: date, seconds: int, limit: int) -> str:
    """Return what going on is said about: a day, and the full hours above its limit."""
    return f"{day.isoformat()}/{(seconds - limit) // 3600}"


def bounds(day: date) -> Span:
    """Return the beginning of a day of Québec and of the next one; 23 or 25 hours lie between some."""
    return at(day, time.min), at(day + timedelta(days=1), time.min)


def seconds_within(rows: Sequence[tuple[datetime, datetime]], day: date, now: datetime) -> int:
    """Return how much of spans, given as first and last act, was read on a day."""
    begins, ends = bounds(day)
    shares = (min(last + TAIL, ends, now) - max(first, begins) for first, last in rows)
    return int(sum((share for share in shares if share > timedelta(0)), timedelta(0)).total_seconds())


def _rows(session: Session, user: str, since: datetime) -> Sequence[ReadingSpan]:
    mine = select(ReadingSpan).where(ReadingSpan.user_id == user, ReadingSpan.last_at >= since - TAIL)
    return session.scalars(mine.order_by(ReadingSpan.id)).all()


def _day(rows: Sequence[ReadingSpan], day: date, now: datetime) -> Day:
    begun = [row for row in rows if house_day(row.began_at) == day]
    seconds = seconds_within([(row.began_at, row.last_at) for row in rows], day, now)
    return Day(day, seconds, sum(row.posts for row in begun), len(begun))


def _run(rows: Sequence[ReadingSpan], settings: Settings, now: datetime) -> int:
    """Return the seconds since the last break, over midnight too."""
    if not rows or now - rows[-1].last_at > timedelta(minutes=settings.exposure_break_minutes):
        return 0
    return int((now - rows[-1].began_at).total_seconds())


def _went_on(session: Session, user: str, about: str) -> bool:
    said = (DeskAlert.user_id == user, DeskAlert.kind == GOES_ON, DeskAlert.about == about)
    return session.scalar(select(DeskAlert.id).where(*said)) is not None
