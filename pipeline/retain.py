"""Let go of what may no longer be kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from pipeline.counting import unflagged_among
from pipeline.going import SCHEDULE, PostKind, counted, post_kinds
from store.batches import batches
from store.clock import house_day
from store.counts import DROPPED, count_all, gone_name
from store.erasure import ended_posts, erase
from store.holds import held_among
from store.leftovers import destroy_leftovers
from store.lessons import forget_lessons
from store.store import Store
from store.tables import Capture, Run, SourceAlert
from store.terms import forget_lapsed_terms

_ORPHAN_AGE = 3600
"""Seconds after which a capture file that no post names is a leftover of a crash, not of a write under way."""
_COUNTED = 50
"""Posts that are counted together; so many a purge that is stopped may leave out of the day's figures."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge let go, or would; `held` is what stays under a legal hold though its time is over."""

    posts: int
    sessions: int
    orphan_captures: int
    kinds: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)


def purge(store: Store, *, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None) -> Purged:
    """Erase every post whose time has come, what else may no longer be kept, and files and keys that belong to nothing.

    May be stopped and run again at any moment: each post goes in a transaction of its own.
    """
    due, held = _ended(store)
    if dry_run:
        return _purged([*due.values()], _would_go(store), held, len(list(_orphans(store))))
    gone: list[str] = []
    for some in batches(list(due), _COUNTED):
        for kind in _let_go(store, some):
            gone += [kind] if kind else []
            progress(len(gone))
    orphans = list(_orphans(store))
    for path in orphans:
        path.unlink()
    others = _forget_the_past(store)
    destroy_leftovers(store)
    store.database.forget_deleted()
    return _purged(gone, others, held, len(orphans))


def _ended(store: Store) -> tuple[dict[str, PostKind], dict[str, int]]:
    """Return why each post goes whose time is over, oldest end first, and how many of each kind are held."""
    with store.database.reading() as session:
        ended = ended_posts(session, store.clock())
        kept = held_among(session, "post", ended, store.clock())
        kinds = {one: kind for some in batches(ended, _AT_ONCE) for one, kind in post_kinds(session, some).items()}
    return {one: kinds[one] for one in ended if one not in kept}, counted(kinds[one] for one in kept)


def _would_go(store: Store) -> dict[str, int]:
    with store.database.reading() as session:
        return {going.kind: going.count(session, store.clock()) for going in SCHEDULE}


def _purged(posts: Collection[str], others: Mapping[str, int], held: dict[str, int], orphans: int) -> Purged:
    kinds = counted(posts) | {kind: number for kind, number in others.items() if number}
    return Purged(len(posts), others["session"], orphans, kinds | ({"capture": orphans} if orphans else {}), held)


def _let_go(store: Store, ids: Collection[str]) -> Iterator[PostKind | None]:
    """Erase posts, telling of each why it went, or None if it stayed; then count them by kind for the day."""
    with store.database.reading() as session:
        unflagged, kinds = unflagged_among(session, ids), post_kinds(session, ids)
    figures: Counter[str] = Counter()
    for identity in ids:
        erased = erase(store, identity, if_expired=True)
        figures.update([gone_name(kinds[identity])] if erased else [])
        figures.update([DROPPED] if erased and identity in unflagged else [])
        yield kinds[identity] if erased else None
    if figures:
        with store.database.writing() as session:
            count_all(session, house_day(store.clock()), figures)


def _forget_the_past(store: Store) -> dict[str, int]:
    """Let go of what goes together, and of what lapsed searches are found by; return how many of each kind went.

    What old collections and alerts said goes too: the address of a page that stopped them may name somebody.
    """
    now = store.clock()
    with store.database.writing() as session:
        old = now - timedelta(days=max(1, store.settings.retain_watched_days))
        session.execute(update(Run).where(Run.finished_at <= old, Run.message != "").values(message=""))
        told = (SourceAlert.last_at <= old, SourceAlert.seen_at.is_not(None), SourceAlert.message != "")
        session.execute(update(SourceAlert).where(*told).values(message=""))
        forget_lessons(session, now)
        forget_lapsed_terms(session, store.settings, now)
        gone = {going.kind: going.let_go(store, session, now) for going in SCHEDULE}
        count_all(session, house_day(now), {gone_name(kind): number for kind, number in gone.items()})
    return gone


def _orphans(store: Store) -> Iterator[Path]:
    folder = store.settings.captures
    with store.database.reading() as session:
        named = set(session.scalars(select(Capture.path)))
    for path in folder.glob("*/*"):
        old = time.time() - path.stat().st_mtime > _ORPHAN_AGE
        if old and str(path.relative_to(folder)) not in named:
            yield path
