"""Blind judgements, where the pipeline meets them: what people have read is not taken from them by a new reading."""

from __future__ import annotations

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from store.decisions import STANDING
from store.tables import Decision, Judgement


def was_read(session: Session, item: str) -> bool:
    """Tell whether a person judged or decided on an item: one that is open again or still, because of what they saw."""
    judged = exists().where(Judgement.item_id == item)
    decided = exists().where(Decision.item_id == item, STANDING)
    return bool(session.scalar(select(or_(judged, decided))))


def forget_unpaired(session: Session, item: str) -> None:
    """Forget the judgement of an item that only one person gave, of words that were edited since."""
    judged = session.scalar(select(func.count()).where(Judgement.item_id == item))
    if judged == 1:
        session.execute(delete(Judgement).where(Judgement.item_id == item))
