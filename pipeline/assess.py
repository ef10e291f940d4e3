"""Read every post that came in or was edited, put what must be read in the queue, and ask for it to be linked."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nlp.reader import Reader, assessment_as_dict
from nlp.types import Assessment
from pipeline.counting import figures, words_read
from pipeline.queueing import place
from store.clock import house_day
from store.counts import count_all
from store.criteria import hold_suspended, suspended
from store.erasure import hold_texts
from store.links import LINK, forget_links, linked_among, may_link
from store.outbox import announce
from store.posts import ASSESS, reading_text
from store.store import Store
from store.tables import AssessmentRow, Post
from store.work import add_work, fail_work, finish_work, give_back, held_work, take_work

log = logging.getLogger(__name__)

_RETRY = timedelta(minutes=10)


def assess_batch(store: Store, reader: Reader, owner: str, limit: int = 64) -> int:
    """Assess up to `limit` posts under a lease; return how many were taken, 0 when none is due.

    Assessment, queue item, announcement to the index and work to be linked are one transaction. A post that changed or
    whose lease was lost meanwhile is left to whoever holds it now. If a criterion was suspended or restored meanwhile,
    all of them are read again.
    """
    lease = timedelta(seconds=store.settings.lease_seconds)
    with store.database.writing() as session:
        taken = take_work(session, ASSESS, owner, now=store.clock(), lease=lease, limit=limit)
    with store.database.reading() as session:
        posts = list(session.scalars(select(Post).where(Post.id.in_(taken)).order_by(Post.seq)))
        without = suspended(session)
    read = {post.id: (post.version, assessment) for post, assessment in _read(store, reader, owner, posts, without)}
    with store.database.writing() as session:
        if hold_suspended(session) != without:
            give_back(session, ASSESS, owner, read, store.clock())
            return len(taken)
        hold_texts(session, list(read))
        posts = _current(session, read)
        held = held_work(session, ASSESS, owner, [post.id for post in posts])
        done = [post for post in posts if post.id in held]
        before = words_read(session, held)
        for post in done:
            _keep(session, store, post, read[post.id][1])
        announce(session, held, store.clock())
        may = {post.id for post in done if may_link(read[post.id][1].flagged)}
        for identity in sorted(linked_among(session, held) - may):  # at once: others must not be told of it any more
            forget_links(session, identity, store.clock())
        add_work(session, LINK, may, store.clock())
        finish_work(session, ASSESS, held)
        now = store.clock()
        found = figures(session, done, {post.id: read[post.id][1] for post in done}, before, now)
        count_all(session, house_day(now), found)
    return len(taken)


def _read(
    store: Store, reader: Reader, owner: str, posts: Iterable[Post], without: frozenset[str]
) -> Iterable[tuple[Post, Assessment]]:
    for post in posts:
        try:
            yield post, reader.assess(reading_text(post), "ad" if post.kind == "ad" else "post", without)
        except Exception as error:  # noqa: BLE001 - one poisoned text must not stop the others; it is told and tried again
            log.error("post %s could not be assessed: %s", post.id, type(error).__name__)
            with store.database.writing() as session:
                fail_work(session, ASSESS, post.id, owner, store.clock() + _RETRY, type(error).__name__)


def _current(session: Session, read: dict[str, tuple[int, Assessment]]) -> list[Post]:
    """Return those posts that are still what was read, their rows held."""
    live = select(Post).where(Post.id.in_(read), Post.status == "live")
    rows = session.scalars(live.order_by(Post.id).with_for_update())
    return [row for row in rows if row.version == read[row.id][0]]


def _keep(session: Session, store: Store, post: Post, assessment: Assessment) -> None:
    now = store.clock()
    of_now = AssessmentRow.post_id == post.id, AssessmentRow.version == post.version
    newest = session.scalar(select(AssessmentRow).where(*of_now).order_by(AssessmentRow.id.desc()).limit(1))
    if newest is None or not _same_reading(newest, assessment):
        # By the same grid and model, one was made while other criteria were suspended, or before a model came and went.
        again = AssessmentRow.grid == assessment.grid, AssessmentRow.model == assessment.model
        session.execute(delete(AssessmentRow).where(*of_now, *again))
        session.add(_row(post, assessment, now))
    place(session, store, post, assessment)


def _same_reading(row: AssessmentRow, assessment: Assessment) -> bool:
    was = (row.grid, row.model, tuple(row.body.get("suspended", ())))
    return was == (assessment.grid, assessment.model, assessment.suspended)


def _row(post: Post, assessment: Assessment, now: datetime) -> AssessmentRow:
    return AssessmentRow(
        post_id=post.id,
        version=post.version,
        grid=assessment.grid,
        model=assessment.model,
        lang=assessment.lang,
        urgency=assessment.urgency,
        score=max(result.score for result in assessment.signals.values()),
        flagged=list(assessment.flagged),
        criteria=list(assessment.criteria),
        body=assessment_as_dict(assessment),
        created_at=now,
    )
