"""Work shared by leases: a worker takes a batch, and what it does not finish comes back by itself.

Work that can never be done becomes a dead letter: it keeps its reason and is not taken again until somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.tables import Work

COLLECT = "collect"
"""The kind of work that a source waits for when its schedule says so."""


def add_work(session: Session, kind: str, keys: Iterable[str], due_at: datetime) -> None:
    """Ask for things to be done; asking again makes one due again, takes its lease, revives its dead letter."""
    rows = _rows(kind, keys, due_at)
    if rows:
        again = {"due_at": due_at, "owner": None, "attempts": 0, "error": ""}
        session.execute(_insert(session).on_conflict_do_update(index_elements=["kind", "key"], set_=again), rows)


def add_work_once(session: Session, kind: str, keys: Iterable[str], due_at: datetime) -> None:
    """Ask for things to be done; what is asked for already keeps its time and its lease."""
    rows = _rows(kind, keys, due_at)
    if rows:
        session.execute(_insert(session).on_conflict_do_nothing(index_elements=["kind", "key"]), rows)


def _rows(kind: str, keys: Iterable[str], due_at: datetime) -> list[dict[str, object]]:
    # Sorted: two transactions that ask for the same things lock their rows in the same order.
    blank = {"kind": kind, "due_at": due_at, "asked_at": due_at, "attempts": 0, "error": ""}
    return [{**blank, "key": key} for key in sorted(set(keys))]


def _insert(session: Session) -> postgresql.Insert | sqlite.Insert:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(Work) if on_sqlite else postgresql.insert(Work)


def take_work(session: Session, kind: str, owner: str, *, now: datetime, lease: timedelta, limit: int) -> list[str]:
    """Lease up to `limit` due keys of a kind, those that wait longest first; other workers skip them."""
    rows = session.execute(
        select(Work.id, Work.key)
        .where(Work.kind == kind, Work.due_at <= now)
        .order_by(Work.due_at, Work.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:  # one statement for all: a batch may hold thousands
        taken = update(Work).where(Work.id.in_([row.id for row in rows]))
        session.execute(taken.values(owner=owner, due_at=now + lease, attempts=Work.attempts + 1))
    return [row.key for row in rows]


def take_one(session: Session, kind: str, key: str, owner: str, *, now: datetime, lease: timedelta) -> bool:
    """Lease one thing, due or not; tell whether that could be: not if it is another's or nobody asked for it."""
    free = select(Work).where(Work.kind == kind, Work.key == key, or_(Work.owner.is_(None), Work.due_at <= now))
    row = session.scalar(free.with_for_update(skip_locked=True))
    if row is None:
        return False
    row.owner, row.due_at, row.attempts = owner, now + lease, row.attempts + 1
    return True


def renew_work(session: Session, kind: str, key: str, owner: str, until: datetime) -> bool:
    """Move the end of a lease; tell whether it was still this owner's."""
    mine = update(Work).where(Work.kind == kind, Work.key == key, Work.owner == owner).values(due_at=until)
    return session.scalar(mine.returning(Work.id)) is not None


def held_work(session: Session, kind: str, owner: str, keys: Sequence[str]) -> set[str]:
    """Return those of the keys whose lease this owner still holds, and hold their rows until the transaction ends."""
    found = session.scalars(
        select(Work.key)
        .where(Work.kind == kind, Work.owner == owner, Work.key.in_(keys))
        .order_by(Work.key)
        .with_for_update()
    )
    return set(found)


def finish_work(session: Session, kind: str, keys: Iterable[str]) -> None:
    """Forget work that is done."""
    session.execute(delete(Work).where(Work.kind == kind, Work.key.in_(keys)))


def postpone_work(session: Session, kind: str, key: str, due_at: datetime, error: str = "") -> None:
    """Give a lease back, to be taken again at `due_at`, keeping the reason."""
    session.execute(
        update(Work).where(Work.kind == kind, Work.key == key).values(due_at=due_at, owner=None, error=error)
    )


def fail_work(
    session: Session, kind: str, key: str, owner: str, due_at: datetime, error: str, *, most: int = 5
) -> None:
    """Give back work that failed, to be taken again at `due_at`; after `most` attempts it is a dead letter.

    Nothing is done if the lease is no longer this owner's.
    """
    mine = select(Work.attempts).where(Work.kind == kind, Work.key == key, Work.owner == owner)
    attempts = session.scalar(mine.with_for_update())
    if attempts is None:
        return
    if attempts >= most:
        bury_work(session, kind, key, error)
    else:
        postpone_work(session, kind, key, due_at, error)


def give_back(session: Session, kind: str, owner: str, keys: Iterable[str], now: datetime) -> None:
    """Give leases back that this owner still holds, to be taken again at once: nothing was tried."""
    mine = update(Work).where(Work.kind == kind, Work.owner == owner, Work.key.in_(keys))
    session.execute(mine.values(due_at=now, owner=None, attempts=Work.attempts - 1))


def bury_work(session: Session, kind: str, key: str, reason: str) -> None:
    """Make work a dead letter: nobody takes it again until it is asked for anew, and it says why."""
    session.execute(
        update(Work).where(Work.kind == kind, Work.key == key).values(due_at=None, owner=None, error=reason)
    )


def hasten_work(session: Session, kind: str, now: datetime) -> None:
    """Make all that waits of a kind due now; leases stay."""
    free = update(Work).where(Work.kind == kind, Work.owner.is_(None), Work.due_at.is_not(None))
    session.execute(free.values(due_at=now))


def dead_letters(session: Session, kind: str) -> dict[str, str]:
    """Return the dead letters of a kind: key and reason."""
    query = select(Work.key, Work.error).where(Work.kind == kind, Work.due_at.is_(None)).order_by(Work.key)
    return dict(session.execute(query).all())


def revive_work(session: Session, kind: str, now: datetime) -> int:
    """Make every dead letter of a kind due again; return how many there were."""
    keys = list(dead_letters(session, kind))
    add_work(session, kind, keys, now)
    return len(keys)


def is_held(session: Session, kind: str, now: datetime) -> bool:
    """Tell whether a worker is at something of a kind."""
    held = select(Work.id).where(Work.kind == kind, Work.owner.is_not(None), Work.due_at > now)
    return session.scalar(held.limit(1)) is not None


def count_work(session: Session, kind: str) -> int:
    """Return how much of a kind is not done, leased or not; dead letters are not counted."""
    waiting = select(func.count()).select_from(Work).where(Work.kind == kind, Work.due_at.is_not(None))
    return session.scalar(waiting) or 0
