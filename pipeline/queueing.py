"""Which assessed post an analyst must read, in which lane, and how long it may be kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.cities import region_of
from nlp.types import URGENCIES, Assessment
from store.erasure import read_copies
from store.intake import decided_end
from store.retention import unflagged_days
from store.settings import Settings
from store.tables import Lane, Post, QueueItem


def must_be_read(assessment: Assessment) -> bool:
    """Tell whether a post goes to the queue: a signal of danger with an urgency; `third_party` alone never does."""
    return assessment.actionable and assessment.urgency != "none"


def lane_of(assessment: Assessment, kind: str) -> Lane:
    """Return the lane of a post that must be read."""
    if assessment.urgency == "immediate":
        return "immediate"
    if kind == "ad":
        return "ads"
    return "recruitment" if "recruitment" in assessment.flagged else "at_risk"


def territory(post: Post, assessment: Assessment) -> str:
    """Return the administrative region of a post, from what its source says, else from its text; "" if unknown."""
    cities = [post.city, *(str(city.value) for city in assessment.entities["cities"])]
    return post.region or next((region for region in map(region_of, cities) if region), "")


def place(session: Session, settings: Settings, post: Post, assessment: Assessment, now: datetime) -> None:
    """Bring the queue and the post's end in line with its newest assessment, in the caller's transaction.

    An undecided item of a post that no longer says anything is withdrawn; a decided one opens again only for an edit.
    A copy of a text that already waits adds no item: it is shown as one more copy. When that item leaves the text
    undecided, the other copies are assessed again, so that one of them takes its place.
    """
    item = session.scalar(select(QueueItem).where(QueueItem.post_id == post.id))
    if item is not None and item.status == "decided" and item.version == post.version:
        return  # a person has read these very words; a new model neither asks again nor moves their end
    flagged = must_be_read(assessment)
    days = settings.retain_watched_days if flagged else unflagged_days(session, settings, post.source_id)
    post.expires_at = decided_end(session, settings, post, now + timedelta(days=days))
    if item is not None and item.status == "open" and not (flagged and item.same_text == post.same_text):
        item.status = "withdrawn"
        read_copies(session, post.id, item.same_text, now)
    if not flagged:
        return
    if item is None:
        if _waits_elsewhere(session, post):
            return
        item = QueueItem(id=f"q-{post.id[2:]}", post_id=post.id, created_at=now)
        session.add(item)
    _describe(item, post, assessment)


def _waits_elsewhere(session: Session, post: Post) -> bool:
    query = select(QueueItem.id).where(
        QueueItem.same_text == post.same_text, QueueItem.status == "open", QueueItem.post_id != post.id
    )
    return session.scalar(query.limit(1)) is not None


def _describe(item: QueueItem, post: Post, assessment: Assessment) -> None:
    item.lane, item.urgency = lane_of(assessment, post.kind), assessment.urgency
    item.rank = URGENCIES.index(assessment.urgency)
    item.score = max(assessment.signals[name].score for name in assessment.flagged)
    item.signals = list(assessment.flagged)
    region, was = territory(post, assessment), item.region or ""
    if (item.desk or "") == was:  # a transfer outlasts an edit
        item.desk = region
    item.region, item.same_text = region, post.same_text
    item.version, item.status = post.version, "open"  # an edit that still says something is read again
