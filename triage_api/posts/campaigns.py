"""The campaign of a post and posts like it: only where the design allows a link, for a sign of danger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.link import movement
from nlp.types import Signal, Urgency
from store.campaigns import Similar, similar_to, span_of
from store.clock import house_day
from store.links import campaign_of, may_link
from store.tables import AssessmentRow, Post, Source
from triage_api.posts.around_models import CampaignOut, SimilarOut, SourceOut, StayOut, WeekOut

MOST_SIMILAR = 20
MOST_WEEKS = 26
_WEEK = timedelta(days=7)


def campaign_shown(session: Session, post: Post, current: AssessmentRow | None) -> CampaignOut | None:
    """Return the campaign of a post, None if it has none, is not linked yet, or is not flagged as it is now.

    What the reader says now decides: the linker may come round a moment later.
    """
    if current is None or not may_link(current.flagged):
        return None
    known = campaign_of(session, post.id, post.version)
    span = span_of(session, known.id) if known else None
    if known is None or span is None:
        return None
    stays = [StayOut(city=stay.city, first=stay.first, last=stay.last) for stay in movement(known.seen)]
    return CampaignOut(
        id=known.id,
        posts=known.posts,
        because=known.because,
        movement=stays,
        first=span.first,
        last=span.last,
        weeks=by_week(span.moments),
    )


def by_week(moments: Iterable[datetime]) -> list[WeekOut]:
    """Return how many moments fall in each of the newest weeks, those without one included."""
    counted = Counter(_monday(moment) for moment in moments)
    if not counted:
        return []
    first, last = min(counted), max(counted)
    first = max(first, last - (MOST_WEEKS - 1) * _WEEK)
    weeks = [first + number * _WEEK for number in range((last - first) // _WEEK + 1)]
    return [WeekOut(week=week, posts=counted[week]) for week in weeks]


def similar_shown(session: Session, post: Post, current: AssessmentRow | None) -> list[SimilarOut]:
    """Return the labels of posts like this one and why; none where the design allows no link."""
    if current is None or not may_link(current.flagged):
        return []
    found = [(one, one.said) for one in similar_to(session, post, MOST_SIMILAR)]
    sources = {one.post.source_id for one, _ in found}
    titles = dict(session.execute(select(Source.id, Source.title).where(Source.id.in_(sources))).all())
    return [_label(one, said, titles) for one, said in found if said is not None and may_link(said.flagged)]


def _label(one: Similar, said: AssessmentRow, titles: dict[str, str]) -> SimilarOut:
    post = one.post
    return SimilarOut(
        id=post.id,
        kind=post.kind,
        source=SourceOut(id=post.source_id, title=titles.get(post.source_id, post.source_id)),
        at=post.posted_at or post.ingested_at,
        city=post.city,
        region=post.region,
        urgency=cast("Urgency", said.urgency),
        signals=cast("list[Signal]", said.flagged),
        because=list(one.because),
    )


def _monday(moment: datetime) -> date:
    day = house_day(moment)
    return day - timedelta(days=day.weekday())
