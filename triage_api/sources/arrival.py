"""From publication to the queue: how long the posts that people must read took to come before them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.tables import AssessmentRow, Post, QueueItem, Run
from triage_api.sources.models import Arrival, Spread

SPANS = (7, 30)
"""Days that are told."""
_MOST = 20_000
"""Newest queued posts that are looked at."""


@dataclass(frozen=True, slots=True)
class Queued:
    """The moments of a post that was queued; nothing of what it says."""

    source: str
    origin: str
    version: int
    posted_at: datetime | None
    ingested_at: datetime
    queued_at: datetime
    assessed_at: datetime | None


def arrivals(session: Session, now: datetime) -> tuple[list[Arrival], Mapping[str, list[Arrival]]]:
    """Return the times of all sources together and of each, for each of `SPANS`."""
    queued, begun = _queued(session, now - timedelta(days=max(SPANS))), _begun(session)
    by_source: dict[str, list[Queued]] = {}
    for one in queued:
        by_source.setdefault(one.source, []).append(one)
    each = {source: _spans(rows, begun, now) for source, rows in by_source.items()}
    return _spans(queued, begun, now), each


def none_yet() -> list[Arrival]:
    """Return the times of a source of which nothing was queued."""
    return [arrival([], {}, days) for days in SPANS]


def arrival(rows: Sequence[Queued], begun: Mapping[str, datetime], days: int) -> Arrival:
    """Return the times of posts; `begun` says since when each source is collected."""
    collected = [one for one in rows if one.origin == "collect"]
    as_published = [one for one in collected if one.version == 1]
    dated = [(one.posted_at, one) for one in as_published if one.posted_at and one.posted_at <= one.ingested_at]
    fresh = [(at, one) for at, one in dated if at >= begun.get(one.source, at)]
    read = [(one.assessed_at, one) for _, one in fresh if one.assessed_at]
    return Arrival(
        days=days,
        queued=spread(one.queued_at - at for at, one in fresh),
        ingested=spread(one.ingested_at - at for at, one in fresh),
        assessed=spread(at - one.ingested_at for at, one in read),
        placed=spread(one.queued_at - at for at, one in read),
        brought=spread(one.queued_at - one.ingested_at for one in rows if one.origin != "collect"),
        without_moment=len(as_published) - len(dated),
        backlog=len(dated) - len(fresh),
        edited=len(collected) - len(as_published),
    )


def spread(times: Iterable[timedelta]) -> Spread | None:
    """Return the median and the 90th percentile (nearest rank) of times; None if there are none."""
    seconds = sorted(time.total_seconds() for time in times)
    if not seconds:
        return None
    return Spread(posts=len(seconds), median_s=median(seconds), p90_s=seconds[math.ceil(len(seconds) * 0.9) - 1])


def _spans(rows: Sequence[Queued], begun: Mapping[str, datetime], now: datetime) -> list[Arrival]:
    return [
        arrival([one for one in rows if one.queued_at >= now - timedelta(days=days)], begun, days) for days in SPANS
    ]


def _queued(session: Session, since: datetime) -> list[Queued]:
    first = select(AssessmentRow.post_id, func.min(AssessmentRow.created_at).label("at"))
    read = first.group_by(AssessmentRow.post_id).subquery()
    moments = (Post.source_id, Post.origin, Post.version, Post.posted_at, Post.ingested_at, QueueItem.created_at)
    query = select(*moments, read.c.at).join(QueueItem, QueueItem.post_id == Post.id)
    query = query.outerjoin(read, read.c.post_id == Post.id).where(QueueItem.created_at >= since)
    return [Queued(*row) for row in session.execute(query.order_by(QueueItem.created_at.desc()).limit(_MOST))]


def _begun(session: Session) -> Mapping[str, datetime]:
    return dict(session.execute(select(Run.source_id, func.min(Run.started_at)).group_by(Run.source_id)).all())
