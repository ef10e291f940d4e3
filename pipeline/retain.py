"""Let go of what may no longer be kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select, update

from pipeline.counting import unflagged_among
from store.batches import batches
from store.clock import house_day
from store.counts import DROPPED, count
from store.erasure import erase, expired
from store.leftovers import destroy_leftovers
from store.lessons import forget_lessons
from store.store import Store
from store.tables import Capture, LoginFailure, Run, SessionRow, SourceAlert
from store.terms import forget_lapsed_terms

_ORPHAN_AGE = 3600
"""Seconds after which a capture file that no post names is a leftover of a crash, not of a write under way."""
_FAILURE_AGE = timedelta(days=1)
_COUNTED = 50
"""Posts that are counted together; so many a purge that is stopped may leave out of the day's figures."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge let go."""

    posts: int
    sessions: int
    orphan_captures: int


def purge(store: Store, *, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None) -> Purged:
    """Erase every post whose time has come, ended sessions, and capture files and data keys that belong to nothing.

    May be stopped and run again at any moment: each post goes in a transaction of its own.
    """
    if dry_run:
        return Purged(len(_all_expired(store)), 0, 0)
    posts = 0
    for some in batches(_all_expired(store), _COUNTED):
        for erased in _let_go(store, some):
            posts += erased
            progress(posts)
    orphans = list(_orphans(store))
    for path in orphans:
        path.unlink()
    sessions = _forget_the_past(store)
    destroy_leftovers(store)
    store.database.forget_deleted()
    return Purged(posts, sessions, len(orphans))


def _let_go(store: Store, ids: Collection[str]) -> Iterator[bool]:
    """Erase posts, telling of each whether it was; then count those in which nothing had been found."""
    with store.database.reading() as session:
        unflagged = unflagged_among(session, ids)
    dropped = 0
    for identity in ids:
        erased = erase(store, identity, if_expired=True)
        dropped += erased and identity in unflagged
        yield erased
    if dropped:
        with store.database.writing() as session:
            count(session, house_day(store.clock()), DROPPED, dropped)


def _all_expired(store: Store) -> list[str]:
    with store.database.reading() as session:
        return expired(session, store.clock())


def _forget_the_past(store: Store) -> int:
    """Delete ended sessions, old failures to log in and what lapsed searches are found by; return how many sessions.

    What old collections and alerts said goes too: the address of a page that stopped them may name somebody.
    """
    now = store.clock()
    with store.database.writing() as session:
        ended = session.scalars(delete(SessionRow).where(SessionRow.expires_at <= now).returning(SessionRow.user_id))
        count = len(ended.all())
        session.execute(delete(LoginFailure).where(LoginFailure.at <= now - _FAILURE_AGE))
        old = now - timedelta(days=max(1, store.settings.retain_watched_days))
        session.execute(update(Run).where(Run.finished_at <= old, Run.message != "").values(message=""))
        told = (SourceAlert.last_at <= old, SourceAlert.seen_at.is_not(None), SourceAlert.message != "")
        session.execute(update(SourceAlert).where(*told).values(message=""))
        forget_lessons(session, now)
        forget_lapsed_terms(session, store.settings, now)
    return count


def _orphans(store: Store) -> Iterator[Path]:
    folder = store.settings.captures
    with store.database.reading() as session:
        named = set(session.scalars(select(Capture.path)))
    for path in folder.glob("*/*"):
        old = time.time() - path.stat().st_mtime > _ORPHAN_AGE
        if old and str(path.relative_to(folder)) not in named:
            yield path
