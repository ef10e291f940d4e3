"""Criteria that are suspended: in force for every reading from the moment that it is decided."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Select, Text, TextClause, and_, cast, select, text
from sqlalchemy.orm import Session

from store.posts import ASSESS
from store.tables import AssessmentRow, CriterionState, Post, QueueItem
from store.work import add_work

State = Literal["active", "suspended"]

_SHARE = text("SELECT pg_advisory_xact_lock_shared(5640132)")
_ALONE = text("SELECT pg_advisory_xact_lock(5640132)")


def suspended(session: Session) -> frozenset[str]:
    """Return the criteria that flag nothing by themselves now."""
    query = select(CriterionState.criterion).where(CriterionState.state == "suspended")
    return frozenset(session.scalars(query))


def hold_suspended(session: Session) -> frozenset[str]:
    """Return the criteria that are suspended, and let nobody change that until this transaction ends.

    Taken before any other lock. Those who only hold it do not wait for one another.
    """
    _lock(session, _SHARE)
    return suspended(session)


def hold_states(session: Session) -> None:
    """Wait for what is being read and written back, and keep the states for this transaction; before any other lock."""
    _lock(session, _ALONE)


def set_state(session: Session, row: CriterionState) -> None:
    """Suspend a criterion or restore it, and have the posts read again for which that matters.

    The caller has called `hold_states`. Suspended: posts with an open item that meet it. Restored: every live post
    that meets it, because what it alone would have flagged has no item.
    """
    posts = list(session.scalars(_meeting(row.criterion, only_open=row.state == "suspended")))
    session.merge(row)
    session.flush()
    add_work(session, ASSESS, posts, row.at)


def _meeting(criterion: str, *, only_open: bool) -> Select[str]:
    """Return the query for the live posts whose text meets a criterion as they were last read."""
    of_now = and_(Post.id == AssessmentRow.post_id, Post.version == AssessmentRow.version)
    met = cast(AssessmentRow.criteria, Text).contains(f'"{criterion}"', autoescape=True)  # a JSON list of ids
    query = select(Post.id).distinct().join(AssessmentRow, of_now).where(Post.status == "live", met)
    if only_open:
        query = query.join(QueueItem, QueueItem.post_id == Post.id).where(QueueItem.status == "open")
    return query


def _lock(session: Session, how: TextClause) -> None:
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time and needs none of this
        session.execute(how)
