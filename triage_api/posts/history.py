"""What became of a post before, within limits: decisions, openings, earlier versions. Reasons are one's own only."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import NotFound
from store.register import Event
from store.store import Store
from store.tables import AssessmentRow, Decision, Post, RegisterEntry, User
from triage_api.access.models import Person
from triage_api.posts.around_models import HistoryOut, PastDecision, PastOpening, PastVersion

MOST_DECISIONS = 20
MOST_OPENERS = 20
MOST_VERSIONS = 10
LOOKED_THROUGH = 5000
"""Entries of the register, the newest, in which openings are looked for: it has no index by post, and needs none."""


def history_of(session: Session, store: Store, person: Person, post: Post) -> HistoryOut:
    """Return what became of a post so far: ask it before this opening is entered."""
    return HistoryOut(
        decisions=_decisions(session, store, person, post.id),
        openings=_openings(session, post.id),
        versions=_versions(session, post),
    )


def _decisions(session: Session, store: Store, person: Person, post: str) -> list[PastDecision]:
    query = select(Decision, User.pseudonym).join(User, User.id == Decision.user_id).where(Decision.post_id == post)
    rows = session.execute(query.order_by(Decision.id.desc()).limit(MOST_DECISIONS)).all()
    return [
        PastDecision(
            at=row.created_at,
            by=by,
            verdict=row.verdict,
            criteria=row.criteria,
            reason=_reason(store, row) if row.user_id == person.id else None,
            undone=row.undone_at is not None,
        )
        for row, by in rows
    ]


def _reason(store: Store, row: Decision) -> str | None:
    try:
        return store.keys.opened(row.sealed, f"decision:{row.item_id}") if row.sealed else None
    except NotFound:
        return None


def _openings(session: Session, post: str) -> list[PastOpening]:
    named = RegisterEntry.public.contains(f'"post":"{post}"', autoescape=True)
    newest = session.scalar(select(func.max(RegisterEntry.n))) or 0
    query = (
        select(RegisterEntry.actor, func.count(), func.max(RegisterEntry.at))
        .where(RegisterEntry.n > newest - LOOKED_THROUGH, RegisterEntry.event == Event.POST_OPENED.value, named)
        .group_by(RegisterEntry.actor)
        .order_by(func.max(RegisterEntry.n).desc())
    )
    found = session.execute(query.limit(MOST_OPENERS)).all()
    return [PastOpening(by=by, times=times, last=last) for by, times, last in found]


def _versions(session: Session, post: Post) -> list[PastVersion]:
    earlier = AssessmentRow.post_id == post.id, AssessmentRow.version < post.version
    query = select(AssessmentRow).where(*earlier).order_by(AssessmentRow.version.desc(), AssessmentRow.id.desc())
    latest: dict[int, AssessmentRow] = {}
    for row in session.scalars(query.limit(5 * MOST_VERSIONS)):
        latest.setdefault(row.version, row)
    return [
        PastVersion(version=row.version, at=row.created_at, urgency=row.urgency, signals=row.flagged)
        for row in list(latest.values())[:MOST_VERSIONS]
    ]
