"""What waits, how soon it is decided, what became of requests, what came in: the house's figures.

However much is kept, no query looks at more than some weeks, or at more than `NEWEST` cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from nlp.types import SIGNALS, URGENCIES
from store.clock import house_day
from store.counts import ASSESSED, DROPPED, SEEN, SPARED, TO_READ, between, flagged_name, urgency_name
from store.decisions import STANDING
from store.tables import Decision, Post, QueueItem, Request
from triage_api.dashboard.models import FlowDayOut, FlowOut, OutcomeOut, SpanOut
from triage_api.dashboard.weekly import begin_of, mondays
from triage_api.queue.filters import hour_of
from triage_api.queue.models import LANES
from triage_api.requests.models import ANSWER_KINDS

DAYS = 28
"""Whole days of which it is shown what came in."""
NEWEST = 1000
"""Cases, the newest, from which it is told how long things take."""
FIGURES = (
    *(SEEN, ASSESSED, TO_READ, SPARED, DROPPED),
    *map(flagged_name, SIGNALS),
    *map(urgency_name, URGENCIES),
)


def spans(session: Session, now: datetime) -> list[SpanOut]:
    """Return how long it took from publication to the queue, and from there to a decision, by lane too."""
    to_queue = _span("to_queue", "", _to_queue(session, now))
    decided = _to_decision(session)
    told = _span("to_decision", "", [taken for _, taken in decided])
    by_lane = [_span("to_decision", lane, [taken for own, taken in decided if own == lane]) for lane in LANES]
    return [to_queue, told, *(one for one in by_lane if one.cases)]


def outcomes(session: Session, now: datetime) -> list[OutcomeOut]:
    """Return how requests were answered in the last weeks."""
    since = begin_of(mondays(now)[0])
    query = select(Request.answer_kind, func.count()).where(
        Request.status.in_(("answered", "closed")), Request.answered_at >= since
    )
    found = dict(session.execute(query.group_by(Request.answer_kind)).all())
    return [OutcomeOut(kind=kind, requests=found.get(kind, 0)) for kind in ANSWER_KINDS]


def flow(session: Session, now: datetime) -> FlowOut:
    """Return what came in and went in the last whole days; today is not over."""
    until = house_day(now) - timedelta(days=1)
    days = [until - timedelta(days=back) for back in reversed(range(DAYS))]
    found = between(session, FIGURES, days[0], until)
    figures = {name: sum(found.get((day, name), 0) for day in days) for name in FIGURES}

    def of(day: date) -> FlowDayOut:
        shown = {name: found.get((day, name), 0) for name in (SEEN, TO_READ, SPARED, DROPPED)}
        return FlowDayOut(day=day, **shown)

    return FlowOut(since=days[0], until=until, figures=figures, days=[of(day) for day in days])


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the least value that a share of all does not exceed (nearest rank); None of no values."""
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else None


def _to_queue(session: Session, now: datetime) -> list[float]:
    since = hour_of(now - timedelta(days=DAYS))
    # status and rank are named so that an index holds all that is looked through
    recent = (QueueItem.status.in_(("open", "decided")), QueueItem.rank.in_(range(len(URGENCIES))))
    came = select(QueueItem.id).where(*recent, QueueItem.hour >= since).order_by(QueueItem.hour.desc()).limit(NEWEST)
    query = select(Post.posted_at, QueueItem.created_at).join(Post, Post.id == QueueItem.post_id)
    query = query.where(QueueItem.id.in_(came.scalar_subquery()), Post.posted_at.is_not(None))
    # what was drawn, edited or opened again came later than it might have, for no fault of anybody's
    before = exists().where(Decision.item_id == QueueItem.id, Decision.created_at < QueueItem.created_at)
    rows = session.execute(query.where(QueueItem.lane != "sample", QueueItem.version == 1, ~before))
    return [(came_at - posted).total_seconds() for posted, came_at in rows if posted and posted <= came_at]


def _to_decision(session: Session) -> list[tuple[str, float]]:
    query = select(QueueItem.lane, QueueItem.created_at, Decision.created_at)
    query = query.join(QueueItem, QueueItem.id == Decision.item_id).where(STANDING)
    rows = session.execute(query.order_by(Decision.id.desc()).limit(NEWEST))
    # an item that came back has waited since then: what was decided before is not measured against it
    return [(lane, (decided - came).total_seconds()) for lane, came, decided in rows if came <= decided]


def _span(what: str, lane: str, seconds: Iterable[float]) -> SpanOut:
    ordered = sorted(seconds)
    median, p90 = percentile(ordered, 0.5), percentile(ordered, 0.9)
    shown = {"median_s": None if median is None else int(median), "p90_s": None if p90 is None else int(p90)}
    return SpanOut.model_validate({"what": what, "lane": lane, "cases": len(ordered), **shown})
