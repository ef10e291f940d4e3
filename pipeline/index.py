"""Tell the index what changed: take index work by a lease, in batches, safely to be done again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from pipeline.documents import documents, revisions
from store.errors import VigieError
from store.index import Index, Refusal
from store.outbox import INDEX
from store.store import Store
from store.work import bury_work, finish_work, give_back, held_work, take_work

log = logging.getLogger(__name__)


def drain_batch(store: Store, index: Index, owner: str, limit: int = 1000) -> int:
    """Bring up to `limit` changed posts into the index; return how many, 0 when it has heard of all.

    The work is forgotten only after the index has committed: a crash between the two does it again, and that changes
    nothing. A post that changed again meanwhile stays due. If the index is away, the work is given back at once.
    """
    lease = timedelta(seconds=store.settings.lease_seconds)
    with store.database.writing() as session:
        taken = take_work(session, INDEX, owner, now=store.clock(), lease=lease, limit=limit)
    if not taken:
        return 0
    try:
        refused = bring_in(store, index, taken)
    except VigieError:
        with store.database.writing() as session:
            give_back(session, INDEX, owner, taken, store.clock())
        raise
    _finish(store, owner, taken, refused)
    return len(taken)


def bring_in(store: Store, index: Index, ids: Sequence[str]) -> list[Refusal]:
    """Put the newest state of posts into the index and take out those that are gone; return what it will never take."""
    with store.database.reading() as session:
        found = documents(session, ids)
        versions = revisions(session, ids)
    refused = index.put(found)
    kept = {document.id for document in found}
    index.remove({identity: version for identity, version in versions.items() if identity not in kept})
    index.commit()
    return refused


def _finish(store: Store, owner: str, taken: Sequence[str], refused: Sequence[Refusal]) -> None:
    reasons = {refusal.id: refusal.reason for refusal in refused}
    with store.database.writing() as session:
        held = held_work(session, INDEX, owner, taken)
        for identity in sorted(held.intersection(reasons)):
            log.error("the index will never take post %s: %s; it is a dead letter", identity, reasons[identity])
            bury_work(session, INDEX, identity, reasons[identity])
        finish_work(session, INDEX, held.difference(reasons))
