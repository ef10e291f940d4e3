"""Building the index anew beside the live one, and holding an index against the database, which is the record.

Erasure needs it too: engines hide what is deleted at once and keep its bytes for a while; a generation that is dropped
takes them along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, case, select

from pipeline.documents import documents
from pipeline.index import bring_in
from store.batches import batches
from store.errors import IndexUnavailable, VigieError
from store.index import Document, Index, IndexQuery
from store.outbox import announce
from store.posts import THOROUGH
from store.store import Store
from store.tables import AssessmentRow, Post
from store.work import finish_work, hasten_work, postpone_work, take_work

_CHUNK = 500
_ROUNDS = 10
"""How often a new generation is brought up to date before it is given up: posts may change faster than that."""
_LEASE = timedelta(hours=2)
"""Longer than any rebuild; a worker that dies gives it back after it."""
_RETRY = timedelta(minutes=10)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """How an index differs from the database."""

    documents: int
    """How many documents the database says there are."""
    behind: tuple[str, ...]
    """Posts that the index does not have, or has in an older version."""
    surplus: tuple[str, ...]
    """Documents of posts that are erased or that the database does not know."""
    wrong: tuple[str, ...]
    """Documents whose digest is not what the database says of that version, or newer than all that it knows."""

    def __bool__(self) -> bool:
        return bool(self.behind or self.surplus or self.wrong)


def rebuild(store: Store, index: Index, progress: Progress = lambda _: None) -> int:
    """Build a new generation beside the live one, hold it against the database, swap it in; return its documents.

    Searching and indexing go on meanwhile. Stopped at any moment, it resumes when called again. What was told to the
    old generation between the last look and the swap is announced anew, for any indexer to bring in.
    """
    fresh = index.beside()
    try:
        bring_up_to_date(store, fresh, progress)
        found = _settled(store, fresh)
        fresh.go_live()
        for ids in _lagging(store, fresh):
            with store.database.writing() as session:
                announce(session, ids, store.clock())
    finally:
        fresh.close()
    return found.documents


def _settled(store: Store, fresh: Index) -> Difference:
    """Bring a new generation up to date until it is what the database says; `IndexUnavailable` if it never is."""
    for _ in range(_ROUNDS):
        found = compare(store, fresh)
        if found.wrong:
            break
        if not found:
            return found
        repair(store, fresh, found)
    if found.wrong:
        fresh.abandon()  # an engine does not go back behind a version: only an empty generation can be made right
    raise IndexUnavailable(
        f"The new index differs from the database ({len(found.behind)} behind, {len(found.surplus)} too many, "
        f"{len(found.wrong)} wrong): the old one stays. Run `vigie index --rebuild` again.",
        code="index_differs",
    )


def bring_up_to_date(store: Store, index: Index, progress: Progress = lambda _: None) -> None:
    """Bring in every post that an index lacks or has in an older version, take out those that are gone.

    What is as it should be costs little. `progress` is told how many posts were looked at.
    """
    for ids in _lagging(store, index, progress):
        bring_in(store, index, ids)


def _lagging(store: Store, index: Index, progress: Progress = lambda _: None) -> Iterator[list[str]]:
    """Yield posts of which an index does not know the newest, by version: changed, missing, or gone and still there."""
    done = 0
    for chunk in _chunks(store):
        held = index.versions(list(chunk))
        lagging = [
            identity
            for identity, revision in chunk.items()
            if (identity in held if revision is None else held.get(identity, -1) < revision)
        ]
        if lagging:
            yield lagging
        progress(done := done + len(chunk))


def repair(store: Store, index: Index, found: Difference) -> None:
    """Make good what `compare` found."""
    for ids in batches((*found.behind, *found.wrong), _CHUNK):
        bring_in(store, index, ids)
    for ids in batches(found.surplus, _CHUNK):
        index.remove(index.versions(ids))
        index.commit()


def compare(store: Store, index: Index) -> Difference:
    """Hold every document of an index against the database, by version and digest, and count what is missing."""
    behind: list[str] = []
    surplus: list[str] = []
    wrong: list[str] = []
    seen: set[str] = set()
    for held in batches(index.scan(IndexQuery()), _CHUNK):
        with store.database.reading() as session:
            wanted = {document.id: document for document in documents(session, [document.id for document in held])}
        for document in held:
            seen.add(document.id)
            _sort_out(document, wanted.get(document.id), behind, surplus, wrong)
    count = 0
    for chunk in _chunks(store):
        wanted_ids = [identity for identity, revision in chunk.items() if revision is not None]
        count += len(wanted_ids)
        behind += [identity for identity in wanted_ids if identity not in seen]
    return Difference(count, tuple(behind), tuple(surplus), tuple(wrong))


def _sort_out(held: Document, wanted: Document | None, behind: list[str], surplus: list[str], wrong: list[str]) -> None:
    if wanted is None:
        surplus.append(held.id)
    elif held.version < wanted.version:
        behind.append(held.id)
    elif held.version > wanted.version or held.sha256() != wanted.sha256():
        wrong.append(held.id)  # newer than the database knows: it was restored from a copy


def _chunks(store: Store) -> Iterator[dict[str, int | None]]:
    """Yield all posts in the order in which they came in: the revision of each, None if searches may not find it."""
    after = 0
    read = select(AssessmentRow.id).where(AssessmentRow.post_id == Post.id).exists()
    findable = case((and_(Post.status == "live", read), Post.revision), else_=None)
    while True:
        with store.database.reading() as session:
            query = select(Post.seq, Post.id, findable).where(Post.seq > after).order_by(Post.seq).limit(_CHUNK)
            rows = session.execute(query).all()
        if not rows:
            return
        yield {identity: revision for _, identity, revision in rows}
        after = rows[-1][0]


def erase_thoroughly(store: Store, index: Index, owner: str, *, now: bool = False) -> bool:
    """Once an erasure has waited long enough (`now`: at once), take what was erased out of the files of both stores.

    The index is built anew and its old generation dropped; the database rewrites or overwrites its files as its engine
    can. If that fails it is tried again soon. Tells whether there was something to do.
    """
    with store.database.writing() as session:
        if now:
            hasten_work(session, THOROUGH, store.clock())
        taken = take_work(session, THOROUGH, owner, now=store.clock(), lease=_LEASE, limit=1000)
    if not taken:
        return False
    try:
        rebuild(store, index)
        store.database.forget_deleted(thorough=True)
    except VigieError as error:
        with store.database.writing() as session:
            for moment in taken:
                postpone_work(session, THOROUGH, moment, store.clock() + _RETRY, error.code)
        raise
    with store.database.writing() as session:
        finish_work(session, THOROUGH, taken)
    return True
