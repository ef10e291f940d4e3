"""Which hits of standing searches their owner has opened, and how many wait."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import Post, StandingHit, StandingSearch
from triage_api.access.models import Person
from triage_api.access.policy import Action, may


def mark_seen(session: Session, person: Person, post: str, now: datetime) -> None:
    """Note that a person opened a post, in the transaction that enters it, for their own standing searches."""
    own = select(StandingSearch.id).where(StandingSearch.user_id == person.id)
    hit = update(StandingHit).where(StandingHit.post_id == post, StandingHit.seen_at.is_(None))
    session.execute(hit.where(StandingHit.standing_id.in_(own)).values(seen_at=now))


def unseen(store: Store, person: Person) -> int:
    """Return how many posts the person's running standing searches found that they have not opened."""
    if not may(person, Action.SEARCH_STAND):
        return 0
    running = select(StandingSearch.id).where(StandingSearch.user_id == person.id, StandingSearch.ended_at.is_(None))
    found = select(func.count(StandingHit.post_id.distinct())).join(Post, Post.id == StandingHit.post_id)
    waiting = found.where(StandingHit.standing_id.in_(running), StandingHit.seen_at.is_(None), Post.status == "live")
    with store.database.reading() as session:
        return session.scalar(waiting) or 0


def counts_of(session: Session, ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Return how many live posts each standing search found, and how many of them are not seen."""
    return {identity: (hits, waiting) for identity, hits, waiting in session.execute(_counts(ids)).all()}


def _counts(ids: Collection[str]) -> Select[str, int, int]:
    waits = func.sum(case((StandingHit.seen_at.is_(None), 1), else_=0))
    found = select(StandingHit.standing_id, func.count(), waits).join(Post, Post.id == StandingHit.post_id)
    return found.where(StandingHit.standing_id.in_(ids), Post.status == "live").group_by(StandingHit.standing_id)
