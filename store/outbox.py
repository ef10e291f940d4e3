"""The outbox: what the index must hear of, in the order in which it happened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.tables import Outbox


def announce(session: Session, post_id: str, now: datetime) -> None:
    """Say, in the transaction that changes it, that a post changed; the indexer then reads its newest state."""
    session.add(Outbox(post_id=post_id, created_at=now))


def pending(session: Session, limit: int) -> list[tuple[int, str]]:
    """Return up to `limit` changes as ``(seq, post id)``, oldest first."""
    rows = session.execute(select(Outbox.seq, Outbox.post_id).order_by(Outbox.seq).limit(limit))
    return [(seq, post_id) for seq, post_id in rows]


def drained(session: Session, seqs: list[int]) -> None:
    """Forget changes that the index has kept."""
    session.execute(delete(Outbox).where(Outbox.seq.in_(seqs)))


def lag(session: Session) -> int:
    """Return how many changes the index has not heard of."""
    return session.scalar(select(func.count()).select_from(Outbox)) or 0
