"""Whom to call, whether somebody is on duty, and when a request will be read: first on every partner's page.

The numbers of regions come from the directory, never from here; where it has none for a region, 811 gives it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from store.settings import Settings
from store.store import Store
from triage_api.directory.finding import organisation_of_user, serving
from triage_api.directory.opening import open_now
from triage_api.duty.standing import Standing, standing


class HelpLine(BaseModel):
    """A number of the youth protection of a region, as the house's directory has it."""

    name: str
    phone: str
    hours: str
    open_now: bool | None


class Helplines(BaseModel):
    """Whom to call; the tool never stands before it."""

    danger: str = "911"
    suicide: str = "988"
    info_social: str = "811"
    dpj: list[HelpLine] = Field(default_factory=list)
    """Of the region; empty: 811 gives the number."""
    region: str = ""
    on_duty: bool = False
    read_by: datetime | None = None
    """By when a request that is made now will be read; None: nobody knows, nobody is to be on duty."""
    urgent_by: datetime | None = None
    """The same of a runaway."""
    not_a_report: str = "emergency.not_a_report"
    """Key of the words that this replaces no report."""


def lines_for(session: Session, store: Store, region: str) -> Helplines:
    """Return whom to call in a region, empty for an unknown one, and when a request that is made now will be read."""
    return _lines(session, store, [region] if region else [])


def lines_of_user(session: Session, store: Store, user_id: str) -> Helplines:
    """Return the same for the regions of the organisation whose pivot somebody is."""
    own = organisation_of_user(session, user_id)
    return _lines(session, store, own.regions if own else [])


def _lines(session: Session, store: Store, regions: Collection[str]) -> Helplines:
    now = store.clock()
    found = standing(session, store.settings, now)
    routine, urgent = _targets(store.settings)
    return Helplines(
        dpj=youth_protection(session, regions, now),
        region=", ".join(regions),
        on_duty=bool(found.on_duty),
        read_by=_by(found, now, routine),
        urgent_by=_by(found, now, urgent),
    )


def youth_protection(session: Session, regions: Collection[str], now: datetime) -> list[HelpLine]:
    """Return the numbers of the youth protection of some regions."""
    rows = serving(session, regions, "dpj") if regions else []
    return [
        HelpLine(name=row.name, phone=row.phone, hours=row.hours, open_now=open_now(row.hours, now))
        for row in rows
        if row.phone
    ]


def _targets(settings: Settings) -> tuple[timedelta, timedelta]:
    return timedelta(days=settings.target_routine_days), timedelta(hours=settings.target_soon_hours)


def _by(found: Standing, now: datetime, within: timedelta) -> datetime | None:
    """Return the end of a time that runs while somebody is on duty, and begins with the next watch if nobody is."""
    begins = now if found.on_duty else found.next_at
    return begins + within if begins else None
