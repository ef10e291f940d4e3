"""Link every post that may be linked to its campaign, and let go of those that may no more."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nlp.cities import canonical_city
from nlp.link import signature
from pipeline.trending import moves
from store.clock import house_day
from store.counts import count_all
from store.errors import DatabaseUnavailable
from store.links import LINK, LINKS, Linkable, linked_among, may_link, relink
from store.locks import gave_way, give_way, hold, hold_posts
from store.parting import parted_among
from store.posts import current_assessments, reading_text
from store.store import Store
from store.tables import AssessmentRow, Post
from store.work import fail_work, finish_work, give_back, held_work, take_work

log = logging.getLogger(__name__)

_RETRY = timedelta(minutes=10)
_MOST = 20_000
"""Characters of a post that it is linked by: no advertisement is longer, and linking others waits for it."""


def link_batch(store: Store, owner: str, limit: int = 32) -> int:
    """Link up to `limit` posts under a lease; return how many were taken, 0 when none is due.

    The work is forgotten only after the links are kept: a crash between the two does it again, and that changes
    nothing. Whoever changes a post meanwhile asks for it anew and takes the lease away, so that it stays due.
    Where others are at posts that would move, nothing is done and all stays due.
    """
    lease = timedelta(seconds=store.settings.lease_seconds)
    with store.database.writing() as session:
        taken = take_work(session, LINK, owner, now=store.clock(), lease=lease, limit=limit)
    if not taken:
        return 0
    try:
        failed = _relink(store, taken)
    except DatabaseUnavailable as error:
        if not gave_way(error):
            raise
        with store.database.writing() as session:
            give_back(session, LINK, owner, taken, store.clock())
        return len(taken)
    with store.database.writing() as session:
        for identity, reason in failed.items():
            fail_work(session, LINK, identity, owner, store.clock() + _RETRY, reason)
        finish_work(session, LINK, held_work(session, LINK, owner, [key for key in taken if key not in failed]))
    return len(taken)


def _relink(store: Store, ids: Sequence[str]) -> dict[str, str]:
    """Bring the links of posts in line with what they are now; return why some could not be, by id."""
    failed = {}
    with store.database.writing() as session:
        hold(session, [LINKS])
        hold_posts(session, ids)
        now, known = linkable(session, ids), linked_among(session, ids)
        give_way(session)
        for identity in sorted(ids):
            try:
                with session.begin_nested():
                    relink(session, identity, now.get(identity))
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - one poisoned post must not stop the others; it is tried again
                log.error("post %s could not be linked: %s", identity, type(error).__name__)
                failed[identity] = type(error).__name__
        new = ((one, now[one]) for one in sorted(ids) if one in now and one not in known and one not in failed)
        count_all(session, house_day(store.clock()), moves(session, new, store.clock()))
    return failed


def linkable(session: Session, ids: Collection[str]) -> dict[str, Linkable]:
    """Return those of the posts that may be linked: live, flagged with a sign of danger as they are now, not parted."""
    read = current_assessments(session, ids)
    may = {key for key, row in read.items() if may_link(row.flagged)} - parted_among(session, ids)
    live = select(Post).where(Post.id.in_(may))
    posts = session.scalars(live.where(Post.status == "live"))
    return {post.id: _linkable(post, read[post.id]) for post in posts}


def _linkable(post: Post, assessment: AssessmentRow) -> Linkable:
    cities = [
        canonical_city(post.city) or post.city,
        *(str(one["value"]) for one in assessment.body["entities"]["cities"]),
    ]
    signed = signature(post.id, reading_text(post)[:_MOST], post.city)
    return Linkable(signed, post.version, next(filter(None, cities), ""), post.posted_at or post.ingested_at)
