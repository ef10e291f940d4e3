"""Holding a name until the transaction ends: what a row lock cannot hold, because the row may not exist yet.

Whoever takes several locks takes them in this order, so that no two wait for each other: names (sorted), posts (by id),
queue items, work, links, and the register last. SQLite has one writer at a time and needs none of this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from store.errors import DatabaseUnavailable
from store.tables import Post

INTAKE = "intake"
"""Held while posts get their `seq`, so that a lower one never appears after a higher one."""

_HOLD = text(
    "SELECT count(pg_advisory_xact_lock(k))"
    " FROM (SELECT k FROM unnest(CAST(:keys AS bigint[])) AS k ORDER BY k OFFSET 0) AS sorted"
)

_GIVE_WAY = text("SET LOCAL lock_timeout = '50ms'")
_NOT_FREE = {"55P03", "40P01"}
"""PostgreSQL's codes for a lock that is not available and for a deadlock: <https://www.postgresql.org/docs/15/errcodes-appendix.html>."""


def hold(session: Session, names: Iterable[str]) -> None:
    """Hold names until this transaction ends; another that wants one of them waits."""
    keys = sorted({_number(name) for name in names})
    if keys and session.get_bind().dialect.name == "postgresql":
        session.execute(_HOLD, {"keys": keys})


def hold_posts(session: Session, ids: Iterable[str]) -> None:
    """Hold the rows of posts until this transaction ends, in the one order in which everybody does."""
    session.execute(select(Post.id).where(Post.id.in_(set(ids))).order_by(Post.id).with_for_update()).all()


def give_way(session: Session) -> None:
    """Let this transaction fail (`DatabaseUnavailable`) rather than wait for rows from here on.

    Of two that wait for each other PostgreSQL ends one, after a second: it must not be one that erases.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_GIVE_WAY)


def gave_way(error: DatabaseUnavailable) -> bool:
    """Tell whether a transaction failed only because others held what it wanted."""
    return getattr(getattr(error.__cause__, "orig", None), "sqlstate", None) in _NOT_FREE


def same_text_name(digest: str) -> str:
    """Return the name under which the copies of one text are queued: only one of them may wait at a time."""
    return f"same-text:{digest}"


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
