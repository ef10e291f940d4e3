"""Who is on duty at a moment: by the watches that people keep or, in a house that keeps none, by working hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import NotSetUp
from store.settings import Settings
from store.tables import Duty, User
from triage_api.access.house import refusal
from triage_api.access.models import Role
from triage_api.access.people import was_trained
from triage_api.access.shifts import Shift, hours_of, house_hours
from triage_api.duty.hours import Span, merged, stretches

KEEPS = timedelta(days=7)
"""A house that had a watch within so much, or has planned one, keeps watches: its working hours count for nothing."""
_AHEAD = timedelta(days=15)
"""Working hours come again each week: looking further finds nothing new."""
_READ = frozenset({Role.ANALYST, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is on duty now."""

    user: str
    pseudonym: str
    until: datetime | None
    """None: without end (working hours around the clock)."""
    backup: str | None
    """Id of who stands in; None: nobody was named, or not any more able to."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody reads what is immediate, and when somebody will."""

    on_duty: tuple[OnDuty, ...]
    since: datetime | None
    """Since when somebody has been on duty without a gap; None: nobody is."""
    until: datetime | None
    """Until when there is none, whoever takes over; None: nobody is, or without end."""
    next_at: datetime | None
    """When the next watch begins after a gap; None: none is known."""
    by_watches: bool
    """False: working hours stand for watches that nobody keeps."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """Hours of one person."""

    user: str
    span: Span
    backup: str | None = None


def able(session: Session, settings: Settings, now: datetime) -> dict[str, User]:
    """Return who can be on duty, by id: active and trained analysts and supervisors whom the house takes."""
    users = session.scalars(select(User).where(User.active).order_by(User.pseudonym))
    return {user.id: user for user in users if _is_able(settings, user, now)}


def standing(session: Session, settings: Settings, now: datetime) -> Standing:
    """Return who is on duty, since and until when, and when the next watch begins.

    A watch of somebody who is not able to any more (account ended, training lapsed) covers nothing.
    """
    people = able(session, settings, now)
    rows = session.scalars(select(Duty).where(Duty.ends_at > now - KEEPS)).all()
    watches = _kept(rows, people) if rows else _worked(settings, people, now)
    cover = merged(watch.span for watch in watches)
    current = next((span for span in cover if span[0] <= now < span[1]), None)
    return Standing(
        on_duty=tuple(_on_duty(watches, people, now)),
        since=current[0] if current else None,
        until=_known(current[1], now) if current else None,
        next_at=next((begins for begins, _ in cover if begins > now), None),
        by_watches=bool(rows),
    )


def _is_able(settings: Settings, user: User, now: datetime) -> bool:
    roles = [Role(role) for role in user.roles]
    taken = not _READ.isdisjoint(roles) and not refusal(settings, roles, user.organisation)
    return taken and was_trained(settings, user.trained_on, now)


def _kept(rows: Sequence[Duty], people: Mapping[str, User]) -> list[_Watch]:
    return [
        _Watch(row.user_id, (row.starts_at, row.ends_at), row.backup_id if row.backup_id in people else None)
        for row in rows
        if row.user_id in people and row.starts_at < row.ends_at
    ]


def _worked(settings: Settings, people: Mapping[str, User], now: datetime) -> list[_Watch]:
    """Return the working hours of everybody who is able; there is no back-up."""
    usual = _usual(settings)
    shifts = {user.id: hours_of(user.shift, usual) for user in people.values()}
    return [
        _Watch(user, span)
        for user, shift in shifts.items()
        if shift is not None
        for span in merged(stretches(shift, now - _AHEAD, now + _AHEAD))
    ]


def _usual(settings: Settings) -> Shift | None:
    try:
        return house_hours(settings)
    except NotSetUp:  # no page breaks for it: without hours nobody is on duty, which every page says
        return None


def _on_duty(watches: Sequence[_Watch], people: Mapping[str, User], now: datetime) -> list[OnDuty]:
    current = [watch for watch in watches if watch.span[0] <= now < watch.span[1]]
    return [
        OnDuty(watch.user, people[watch.user].pseudonym, _known(watch.span[1], now), watch.backup)
        for watch in sorted(current, key=lambda watch: people[watch.user].pseudonym)
    ]


def _known(end: datetime, now: datetime) -> datetime | None:
    """Return an end, None for one as far as we look."""
    return end if end < now + _AHEAD else None
