"""Work shared by leases: a worker takes a batch, and what it does not finish comes back by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from store.tables import Work


def add_work(session: Session, kind: str, key: str, due_at: datetime) -> None:
    """Ask for something to be done; asking again for the same thing makes it due again."""
    row = session.scalar(select(Work).where(Work.kind == kind, Work.key == key))
    if row is None:
        session.add(Work(kind=kind, key=key, due_at=due_at, owner=None))
    else:
        row.due_at, row.owner = due_at, None


def take_work(session: Session, kind: str, owner: str, *, now: datetime, lease: timedelta, limit: int) -> list[str]:
    """Lease up to `limit` due keys of a kind, oldest first; PostgreSQL's other workers skip them."""
    rows = session.scalars(
        select(Work)
        .where(Work.kind == kind, Work.due_at <= now)
        .order_by(Work.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.owner, row.due_at, row.attempts = owner, now + lease, row.attempts + 1
    return [row.key for row in rows]


def held_work(session: Session, kind: str, owner: str, keys: Sequence[str]) -> set[str]:
    """Return those of the keys whose lease this owner still holds."""
    found = session.scalars(
        select(Work.key).where(Work.kind == kind, Work.owner == owner, Work.key.in_(keys)).with_for_update()
    )
    return set(found)


def finish_work(session: Session, kind: str, keys: Sequence[str]) -> None:
    """Forget work that is done."""
    session.execute(delete(Work).where(Work.kind == kind, Work.key.in_(keys)))


def postpone_work(session: Session, kind: str, key: str, due_at: datetime, error: str = "") -> None:
    """Give a lease back, to be taken again at `due_at`, keeping the reason."""
    session.execute(
        update(Work).where(Work.kind == kind, Work.key == key).values(due_at=due_at, owner=None, error=error)
    )


def count_work(session: Session, kind: str) -> int:
    """Return how much of a kind is not done, leased or not."""
    return session.scalar(select(func.count()).select_from(Work).where(Work.kind == kind)) or 0
