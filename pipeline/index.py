"""Tell the index what changed: take index work by a lease, in batches, safely to be done again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from pipeline.documents import documents, revisions
from store.errors import VigieError
from store.index import Document, Index, Refusal
from store.outbox import INDEX, being_built, end_rebuild, told
from store.store import Store
from store.work import add_work, bury_work, give_back, held_work, take_work

log = logging.getLogger(__name__)


def drain_batch(store: Store, index: Index, owner: str, limit: int = 1000) -> int:
    """Bring up to `limit` changed posts into the index; return how many, 0 when it has heard of all.

    The work is forgotten only after the index has committed: a crash between the two does it again, and that changes
    nothing. A post that changed again meanwhile stays due. If the index is away, the work is given back at once.
    """
    _end_swap(store, index)
    lease = timedelta(seconds=store.settings.lease_seconds)
    with store.database.writing() as session:
        taken = take_work(session, INDEX, owner, now=store.clock(), lease=lease, limit=limit)
    if not taken:
        return 0
    try:
        refused = bring_in(store, index, taken)
    except Exception:
        with store.database.writing() as session:
            give_back(session, INDEX, owner, taken, store.clock())
        raise
    _finish(store, owner, taken, refused)
    return len(taken)


def _end_swap(store: Store, index: Index) -> None:
    """Finish what a rebuild that was killed after its swap left: what the old generation was told is due again."""
    with store.database.reading() as session:
        built = being_built(session)
    if built is not None and built == index.generation():
        with store.database.writing() as session:
            end_rebuild(session, built, store.clock())


def bring_in(store: Store, index: Index, ids: Sequence[str]) -> list[Refusal]:
    """Put the newest state of posts into the index and take out those that are gone; return what it will never take."""
    with store.database.reading() as session:
        found, refused = documents(session, ids)
        versions = revisions(session, ids)
    refused += _put(index, found)
    kept = {document.id for document in found} | {refusal.id for refusal in refused}
    index.remove({identity: version for identity, version in versions.items() if identity not in kept})
    index.commit()
    return refused


def _put(index: Index, found: Sequence[Document]) -> list[Refusal]:
    """Put documents; if one of them breaks the program, find out which, so that it blocks no other."""
    try:
        return index.put(found)
    except VigieError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a hostile post makes go wrong
        if len(found) == 1:
            return [Refusal(found[0].id, type(error).__name__)]
        return [refusal for document in found for refusal in _put(index, [document])]


def _finish(store: Store, owner: str, taken: Sequence[str], refused: Sequence[Refusal]) -> None:
    reasons = {refusal.id: refusal.reason for refusal in refused}
    with store.database.writing() as session:
        held = held_work(session, INDEX, owner, taken)
        bury(session, {identity: reasons[identity] for identity in held.intersection(reasons)})
        told(session, held.difference(reasons), store.clock())
        # Whoever lost the lease may have written after another who knew better: that is looked at once more.
        add_work(session, INDEX, set(taken) - held, store.clock())


def bury(session: Session, reasons: dict[str, str]) -> None:
    """Make dead letters of posts that the index will never take, with the reason."""
    for identity, reason in sorted(reasons.items()):
        log.error("the index will never take post %s: %s; it is a dead letter", identity, reason)
        bury_work(session, INDEX, identity, reason)
