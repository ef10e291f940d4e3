"""Which posts may stand in a corpus, asked of each when it is gathered and again just before it leaves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.batches import batches
from store.holds import held_among
from store.posts import requests_of
from store.tables import Consent, Post, Referral

_AT_ONCE = 500


def may_leave(session: Session, ids: Collection[str], now: datetime) -> set[str]:
    """Return those of some posts that a corpus may be about.

    Never what is in quarantine or erased, what its source took away, what a legal hold alone keeps, what was brought in
    for a youth's request, and what was told about a youth who took their consent back.
    """
    kept: set[str] = set()
    for some in batches(sorted(ids), _AT_ONCE):
        kept |= _live(session, some) - held_among(session, "post", some, now) - _taken_back(session, some)
    return kept


def _live(session: Session, ids: Collection[str]) -> set[str]:
    live = select(Post.id, Post.provenance).where(Post.id.in_(ids), Post.status == "live", Post.gone_at.is_(None))
    return {row.id for row in session.execute(live) if not requests_of(row.provenance)}


def _taken_back(session: Session, ids: Collection[str]) -> set[str]:
    """Return the posts whose referral rested on a consent that was withdrawn; the fact sheets it carried among them."""
    query = select(Referral.post_id, Referral.posts).join(Consent, Consent.id == Referral.consent_id)
    rows = session.execute(query.where(Consent.withdrawn_at.is_not(None)))
    told = {post for row in rows for post in (row.post_id, *row.posts) if post}
    return told.intersection(ids)
