"""What is counted of each batch that was read, and of each that was let go: figures of the house, never of a post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.types import SIGNALS, Assessment
from pipeline.queueing import must_be_read
from pipeline.trending import trends
from store.counts import ASSESSED, SEEN, SPARED, TO_READ, flagged_name, model_name, score_name, urgency_name
from store.links import may_link
from store.tables import AssessmentRow, Post, QueueItem

Words = tuple[str, int]
"""The words of a post: its id and its version."""


def words_read(session: Session, ids: Collection[str]) -> set[Words]:
    """Return which words of posts were read before."""
    rows = session.execute(select(AssessmentRow.post_id, AssessmentRow.version).where(AssessmentRow.post_id.in_(ids)))
    return {(row.post_id, row.version) for row in rows}


def figures(
    session: Session, posts: Collection[Post], read: Mapping[str, Assessment], before: Collection[Words], now: datetime
) -> Counter[str]:
    """Return what a batch adds to the day's figures, once its posts are in the queue or not.

    Only words that are new count: a new model or a changed criterion that has posts read again, mostly those that wait,
    would else look like a change of what comes in.
    """
    known = {identity for identity, _ in before}
    new = [post for post in posts if (post.id, post.version) not in before]
    first = [post for post in new if post.id not in known]
    found = Counter({SEEN: len(first)})
    found.update(trends(session, first, read, now))
    for post in new:
        found.update(_of_text(read[post.id]))
    wanted = {(post.id, post.version) for post in new if must_be_read(read[post.id])}
    found[SPARED] = len(wanted - _waiting(session, wanted))
    return found


def unflagged_among(session: Session, ids: Collection[str]) -> set[str]:
    """Return the posts in which nothing that a person must read was found when they were last read."""
    query = select(AssessmentRow.post_id, AssessmentRow.urgency, AssessmentRow.flagged)
    rows = session.execute(query.where(AssessmentRow.post_id.in_(ids)).order_by(AssessmentRow.id))
    newest = {row.post_id: row for row in rows}
    return {identity for identity, row in newest.items() if row.urgency == "none" or not may_link(row.flagged)}


def _of_text(assessment: Assessment) -> list[str]:
    scores = [score_name(signal, assessment.signals[signal].score, assessment.model) for signal in SIGNALS]
    flagged = [flagged_name(signal) for signal in assessment.flagged]
    wanted = [TO_READ] if must_be_read(assessment) else []
    return [ASSESSED, model_name(assessment.model), urgency_name(assessment.urgency), *flagged, *wanted, *scores]


def _waiting(session: Session, words: Collection[Words]) -> set[Words]:
    ids = {identity for identity, _ in words}
    waits = select(QueueItem.post_id, QueueItem.version).where(QueueItem.post_id.in_(ids), QueueItem.status == "open")
    return {(row.post_id or "", row.version) for row in session.execute(waits)} if ids else set()
