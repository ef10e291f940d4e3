"""How sources stand, all at once: with one query however many they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.sources.approvals import State, can_be_granted, state_of
from store.tables import Approval, Source


def states_of(session: Session, sources: Collection[Source], now: datetime) -> dict[str, State]:
    """Return how each of some sources stands, by its id: what `approvals.standing` says of it."""
    rows = select(Approval).where(Approval.source_id.in_([source.id for source in sources]))
    newest: dict[str, Approval] = {}
    granted: dict[str, Approval] = {}
    for row in session.scalars(rows.order_by(Approval.id)):
        newest[row.source_id] = row
        if row.granted_at is not None:
            granted[row.source_id] = row
    return {source.id: _state(source, granted.get(source.id), newest.get(source.id), now) for source in sources}


def _state(source: Source, leave: Approval | None, newest: Approval | None, now: datetime) -> State:
    waiting = newest if newest is not None and can_be_granted(newest, source, now) else None
    return state_of(source, leave, waiting, now)[0]
