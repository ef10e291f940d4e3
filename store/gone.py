"""Posts that were deleted at their source: their text goes early, unless a person decided to keep it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.intake import decided_end
from store.locks import hold_posts
from store.settings import Settings
from store.tables import Post


def found_gone(session: Session, settings: Settings, ids: Collection[str], now: datetime) -> int:
    """Mark posts as deleted at their source and bring their end forward; return how many were not marked yet.

    When the source shows one again, `store.intake` takes the mark away.
    """
    hold_posts(session, ids)
    query = select(Post).where(Post.id.in_(ids), Post.status == "live", Post.gone_at.is_(None)).order_by(Post.id)
    rows = list(session.scalars(query))
    for row in rows:
        row.gone_at = now
        if row.expires_at is not None:  # without an end it is evidence
            row.expires_at = decided_end(session, settings, row, row.expires_at)
    return len(rows)
