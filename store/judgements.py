"""Blind judgements, where the pipeline meets them: what people have read is not taken from them by a new reading."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.tables import Judgement, QueueItem


def was_judged(session: Session, item: QueueItem) -> bool:
    """Tell whether a person judged an open item since it came, or by judging it opened it again.

    What was judged or decided before it came back was other words: an edit brought it back.
    """
    judged = select(Judgement.id).where(Judgement.item_id == item.id, Judgement.at >= item.created_at)
    return session.scalar(judged.limit(1)) is not None


def forget_unpaired(session: Session, item: str) -> None:
    """Forget the judgement of an item that only one person gave, of words that were edited since."""
    judged = session.scalar(select(func.count()).where(Judgement.item_id == item))
    if judged == 1:
        session.execute(delete(Judgement).where(Judgement.item_id == item))
