"""One's own reading time, going on beyond the limit, and how many have reached it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import Conflict
from store.settings import Settings
from store.tables import ReadingSpan
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.duty.alerts import tell
from triage_api.duty.standing import able
from triage_api.exposure.day import (
    GOES_ON,
    TAIL,
    bounds,
    days_of,
    exposure_of,
    restricts_to_immediate,
    seconds_within,
    step_of,
)
from triage_api.exposure.models import DayOut, ExposureOut

FEWEST = 3
"""A count of fewer people is not told, nor one that leaves fewer out: it would say who."""


def own_exposure(desk: Desk, person: Person) -> ExposureOut:
    """Return the person's own reading time; there is no way to ask for another's."""
    require(person, Action.SESSION_OWN)
    now, settings = desk.store.clock(), desk.store.settings
    with desk.store.database.reading() as session:
        today = exposure_of(session, settings, person.id, now)
        days = days_of(session, person.id, now)
        restricted = restricts_to_immediate(session, settings, person, now)
    return ExposureOut(
        limit_minutes=today.limit // 60,
        run_minutes=today.run // 60,
        break_due=today.break_due,
        asks_to_stop=today.asks,
        only_immediate=restricted,
        days=[
            DayOut(
                day=one.day,
                minutes=one.seconds // 60,
                posts=one.posts,
                stretches=one.stretches,
                over=one.seconds >= today.limit,
            )
            for one in days
        ],
    )


def go_on(desk: Desk, person: Person) -> None:
    """Note that the person goes on beyond the limit; they are asked again after another hour of reading."""
    require(person, Action.SESSION_OWN)
    now = desk.store.clock()
    with desk.store.database.writing() as session:
        today = exposure_of(session, desk.store.settings, person.id, now)
        if today.asks:
            tell(session, GOES_ON, [(person.id, step_of(house_day(now), today.seconds, today.limit))], now)


def require_going_on(session: Session, settings: Settings, person: Person, now: datetime) -> None:
    """Raise `Conflict` (`exposure_limit`) for a person who is at the limit and has not said that they go on.

    Never ask it of an immediate item.
    """
    if exposure_of(session, settings, person.id, now).asks:
        raise Conflict(
            "You have read as long as is healthy in a day: stop, or say that you go on.", code="exposure_limit"
        )


def how_many_over(session: Session, settings: Settings, now: datetime) -> int | None:
    """Return how many people have reached the limit today; None where the count would say who.

    That is so for fewer than three, and where fewer than three of those who read have not reached it: a small house is
    never told.
    """
    today, limit = house_day(now), settings.exposure_hours * 3600
    rows = session.scalars(select(ReadingSpan).where(ReadingSpan.last_at >= bounds(today)[0] - TAIL))
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in rows:
        spans.setdefault(row.user_id, []).append((row.began_at, row.last_at))
    over = {user for user, own in spans.items() if seconds_within(own, today, now) >= limit}
    under = able(session, settings, now).keys() - over
    return len(over) if min(len(over), len(under)) >= FEWEST else None
