"""Building the index anew beside the live one, and holding an index against the database, which is the record.

Erasure needs it too: engines hide what is deleted at once and keep its bytes for a while; a generation that is dropped
takes them along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, case, select
from sqlalchemy.orm import Session

from pipeline.documents import documents
from pipeline.index import bring_in, bury
from store.batches import batches
from store.erasure import THOROUGH
from store.errors import Conflict, IndexUnavailable
from store.index import Document, Index, IndexQuery
from store.outbox import INDEX, begin_rebuild, end_rebuild
from store.store import Store
from store.tables import AssessmentRow, Post
from store.work import (
    add_work,
    dead_letters,
    finish_work,
    hasten_work,
    is_held,
    postpone_work,
    renew_work,
    take_work,
)

_CHUNK = 500
_LEASE = timedelta(minutes=20)
"""Longer than any part of a rebuild that tells no progress; a worker that dies gives its work back after it."""
_RENEW_AFTER = timedelta(minutes=1)
_RETRY = timedelta(minutes=10)
_READ = select(AssessmentRow.id).where(AssessmentRow.post_id == Post.id, AssessmentRow.version == Post.version).exists()
_FINDABLE = case((and_(Post.status == "live", _READ), Post.revision), else_=None)
"""The revision of a post that searches may find: live, and read by the reader as it is now."""

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

    Searching and indexing go on meanwhile; what the live index is told is noted, and told to the new one after the
    swap. Stopped at any moment, it resumes when called again. A post that the engine will never take is a dead letter.
    """
    fresh = index.beside()
    name = fresh.generation()
    try:
        with store.database.writing() as session:
            begin_rebuild(session, name, store.clock())
        refused = bring_up_to_date(store, fresh, progress)
        found = _settled(store, fresh, refused, progress)
        fresh.go_live()
    finally:
        fresh.close()
    with store.database.writing() as session:  # killed before this, the next indexer does it
        end_rebuild(session, name, store.clock())
        add_work(session, INDEX, refused, store.clock())
        bury(session, refused)
    return found.documents


def _settled(store: Store, fresh: Index, refused: dict[str, str], progress: Progress) -> Difference:
    """Hold a new generation against the database and mend what it lacks; `IndexUnavailable` if that cannot be done.

    Posts go on changing: what changed since is no fault, as long as what is brought in now is there.
    """
    found = compare(store, fresh, progress)
    left = {*found.behind, *found.surplus} - set(refused)
    for some in batches(sorted(left), _CHUNK):
        refused |= {refusal.id: refusal.reason for refusal in bring_in(store, fresh, some)}
    again = batches(sorted(left - set(refused)), _CHUNK)
    missing = [identity for some in again for identity in _lacks(store, fresh, some)]
    if not (found.wrong or missing):
        return found
    if found.wrong:  # an engine does not go back behind a version: only an empty generation can be made right
        name = fresh.generation()
        fresh.abandon()
        with store.database.writing() as session:  # nothing is built any more: what was noted for it waits for nobody
            end_rebuild(session, name, store.clock())
    raise IndexUnavailable(
        f"The new index differs from the database ({len(missing)} behind, {len(found.wrong)} wrong): "
        "the old one stays. Run `vigie index --rebuild` again.",
        code="index_differs",
    )


def _lacks(store: Store, index: Index, ids: Sequence[str]) -> list[str]:
    """Return those posts that an index still does not know as they were a moment ago."""
    with store.database.reading() as session:
        before = _wanted(session, ids)
    held = index.versions(ids)
    with store.database.reading() as session:
        after = _wanted(session, ids)
    return [each for each in ids if before.get(each) == after.get(each) and _lags(held.get(each), after.get(each))]


def bring_up_to_date(store: Store, index: Index, progress: Progress = lambda _: None) -> dict[str, str]:
    """Bring in every post that an index lacks or has in an older version, take out those that are gone.

    What is as it should be costs little. `progress` is told how many posts were looked at. Returns the posts that the
    engine will never take, with the reason.
    """
    refused: dict[str, str] = {}
    done = 0
    for chunk in _chunks(store):
        held = index.versions(list(chunk))
        if lagging := [identity for identity, revision in chunk.items() if _lags(held.get(identity), revision)]:
            refused |= {refusal.id: refusal.reason for refusal in bring_in(store, index, lagging)}
        progress(done := done + len(chunk))
    return refused


def _lags(held: int | None, wanted: int | None) -> bool:
    """Tell whether an index that holds a version does not know the newest; None: it holds, or should hold, none."""
    return held is not None if wanted is None else held is None or held < wanted


def compare(store: Store, index: Index, progress: Progress = lambda _: None) -> Difference:
    """Hold every document of an index against the database, by version and digest, and count what is missing.

    Dead letters are known to be missing and not counted.
    """
    behind: list[str] = []
    surplus: list[str] = []
    wrong: list[str] = []
    seen: set[str] = set()
    for held in batches(index.scan(IndexQuery()), _CHUNK):
        with store.database.reading() as session:
            wanted = {document.id: document for document in documents(session, [document.id for document in held])[0]}
        for document in held:
            seen.add(document.id)
            _sort_out(document, wanted.get(document.id), behind, surplus, wrong)
        progress(len(seen))
    with store.database.reading() as session:
        dead = dead_letters(session, INDEX)
    count = 0
    for chunk in _chunks(store):
        findable = [identity for identity, revision in chunk.items() if revision is not None and identity not in dead]
        count += len(findable)
        behind += [identity for identity in findable if identity not in seen]
    return Difference(count, *(tuple(found) for found in (behind, surplus, wrong)))


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
    while True:
        with store.database.reading() as session:
            query = select(Post.seq, Post.id, _FINDABLE).where(Post.seq > after).order_by(Post.seq).limit(_CHUNK)
            rows = session.execute(query).all()
        if not rows:
            return
        yield {identity: revision for _, identity, revision in rows}
        after = rows[-1][0]


def _wanted(session: Session, ids: Sequence[str]) -> dict[str, int | None]:
    """Return the revision of posts, None for those that searches may not find."""
    return dict(session.execute(select(Post.id, _FINDABLE).where(Post.id.in_(ids))).all())


def erase_thoroughly(store: Store, index: Index, owner: str, *, now: bool = False) -> bool:
    """Once an erasure has waited long enough (`now`: at once), take what was erased out of the files of both stores.

    The index is built anew and its old generation dropped; the database rewrites or overwrites its files as its engine
    can. If that fails it is tried again soon. Tells whether there was something to do; `Conflict` if `now` is asked for
    while another worker is at it.
    """
    with store.database.writing() as session:
        if now:
            hasten_work(session, THOROUGH, store.clock())
            if is_held(session, THOROUGH, store.clock()):
                raise Conflict("A worker is erasing thoroughly already: try again when it is done.", code="erasing")
        taken = take_work(session, THOROUGH, owner, now=store.clock(), lease=_LEASE, limit=1000)
    if not taken:
        return False
    try:
        rebuild(store, index, _renewing(store, owner, taken))
        store.database.forget_deleted(thorough=True)
        store.keys.forget()
    except Exception as error:
        with store.database.writing() as session:
            for moment in taken:
                postpone_work(session, THOROUGH, moment, store.clock() + _RETRY, type(error).__name__)
        raise
    with store.database.writing() as session:
        finish_work(session, THOROUGH, taken)
    return True


def _renewing(store: Store, owner: str, moments: Sequence[str]) -> Progress:
    """Return what is called as a rebuild goes on, and now and then makes its lease longer."""
    renewed = store.clock()

    def renew(_done: int) -> None:
        nonlocal renewed
        if store.clock() - renewed > _RENEW_AFTER:
            renewed = store.clock()
            with store.database.writing() as session:
                for moment in moments:
                    renew_work(session, THOROUGH, moment, owner, renewed + _LEASE)

    return renew
