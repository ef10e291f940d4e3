"""What a list of the queue is narrowed to: one set of filters for the API, the page and the views that people save."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import ColumnElement, Text
from sqlalchemy import cast as sql_cast

from nlp.types import URGENCIES, Signal, Urgency
from store.settings import Settings
from store.tables import Lane, QueueItem
from triage_api.queue.models import Status
from triage_api.shell.fields import Cleaned

UNKNOWN = "unknown"
"""Stands for "territory not known" where a territory is named; no region of Québec is called so."""
Territory = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), Cleaned]

Wanted = Callable[[int], Sequence[ColumnElement[bool]]]
"""What items must meet, by their rank: what is late depends on it."""


class Filters(BaseModel):
    """Which items a list holds; what is not set narrows nothing. `open` holds those that are claimed too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lane: Lane | None = None
    signal: Signal | None = None
    status: Status = "open"
    desk: Territory | None = None
    """Region whose desk reads it; `unknown` for items of which no territory is known."""
    late: bool = False
    """Only items that wait longer than the target of their urgency."""

    def query(self) -> str:
        """Return the filters as the query of an address; empty for none."""
        set_here = self.model_dump(exclude_defaults=True)
        return urlencode({name: "1" if value is True else value for name, value in set_here.items()})


EVERYTHING = Filters()
"""All that waits."""


def target_of(settings: Settings, urgency: Urgency) -> timedelta:
    """Return the time within which an item of an urgency should be read."""
    if urgency == "immediate":
        return timedelta(minutes=settings.target_immediate_minutes)
    if urgency == "soon":
        return timedelta(hours=settings.target_soon_hours)
    return timedelta(days=settings.target_routine_days)


def late_since(settings: Settings, now: datetime) -> dict[int, datetime]:
    """Return, by rank, the moment at or before which an item must have come to be late now."""
    return {rank: now - target_of(settings, urgency) for rank, urgency in enumerate(URGENCIES)}


def hour_of(moment: datetime) -> int:
    """Return the hours from 1970 to a moment, as items have them."""
    return int(moment.timestamp()) // 3600


def conditions(filters: Filters, settings: Settings, now: datetime) -> Wanted:
    """Return what items of a rank must meet to pass the filters."""
    wanted = [QueueItem.status == ("decided" if filters.status == "decided" else "open")]
    if filters.status == "claimed":
        wanted.append(QueueItem.claimed_until > now)
    if filters.lane is not None:
        wanted.append(QueueItem.lane == filters.lane)
    if filters.desk:
        wanted.append(QueueItem.desk == ("" if filters.desk == UNKNOWN else filters.desk))
    if filters.signal is not None:  # a JSON list of names from a closed set, so a quoted name is found exactly
        wanted.append(sql_cast(QueueItem.signals, Text).contains(f'"{filters.signal}"', autoescape=True))
    since = late_since(settings, now)
    return lambda rank: [*wanted, *(_late(since[rank]) if filters.late else ())]


def _late(since: datetime) -> tuple[ColumnElement[bool], ...]:
    # the hour is in the indexes and bounds what is looked at; the moment decides
    return QueueItem.hour <= hour_of(since), QueueItem.created_at <= since
