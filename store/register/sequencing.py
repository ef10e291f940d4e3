"""The sequencer: it gives every entry its place in the tree, keeps whole nodes, and signs what the tree then is.

One at a time does it, under the lock of `settle`. Each batch is one transaction: a crash leaves it done or not begun.
Before it signs anything it holds the tree against what it signed last, in the database and in the copy outside of it:
it never signs on top of a history that was rewritten.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

from store.errors import BadInput, RegisterUnavailable
from store.register.entries import highest_given, settle
from store.register.notes import Head, Note, Verifier, read_note, signed, verifier_of
from store.register.tree import Node, Range, Span, whole_nodes
from store.tables import RegisterCheckpoint, RegisterEntry, RegisterLeaf, RegisterNode

if TYPE_CHECKING:
    from store.store import Store

log = logging.getLogger(__name__)

BATCH = 2000
"""Entries that one transaction places: it keeps writers waiting for less than a tenth of a second."""
_BREATH = 0.1
"""Seconds between two batches: SQLite's writers do not queue, they try again that often, and would starve."""


def sequence(store: Store) -> int:
    """Place every entry that has no place yet and sign the tree; return how many there were.

    `RegisterUnavailable` (code ``register_rewritten``) if the tree is not what was signed last; nothing is signed then.
    """
    done = 0
    while _waits(store):
        with store.database.writing() as session:
            settle(session)
            placed = _place_batch(session, store)
        if not placed:
            break
        done += placed
        if placed == BATCH and store.database.is_sqlite:
            time.sleep(_BREATH)
    _keep_copy(store)
    return done


def log_verifier(store: Store) -> Verifier:
    """Return what this house's checkpoints are checked with."""
    return verifier_of(store.settings.register_origin, store.keys.signing)


def newest_checkpoint(session: Session) -> RegisterCheckpoint | None:
    """Return the checkpoint of the largest tree; None while nothing was signed."""
    return session.scalar(select(RegisterCheckpoint).order_by(RegisterCheckpoint.size.desc()).limit(1))


def node_hashes(session: Session, nodes: Iterable[Node]) -> dict[Node, bytes]:
    """Return the hashes of whole nodes as they are stored, those that are there."""
    asked = list(nodes)
    found: dict[Node, bytes] = {}
    leaves = [node.position for node in asked if node.level == 0]
    if leaves:
        placed = select(RegisterLeaf.position, RegisterEntry.leaf).join(
            RegisterEntry, RegisterEntry.n == RegisterLeaf.n
        )
        for position, leaf in session.execute(placed.where(RegisterLeaf.position.in_(leaves))):
            found[Node(0, position)] = leaf
    inner = [node for node in asked if node.level]
    if inner:
        known = (and_(RegisterNode.level == level, RegisterNode.position == position) for level, position in inner)
        query = select(RegisterNode.level, RegisterNode.position, RegisterNode.hash).where(or_(*known))
        found |= {Node(level, position): hash_ for level, position, hash_ in session.execute(query)}
    return found


def stored_root(session: Session, size: int) -> bytes | None:
    """Return the root of the first `size` leaves by the stored nodes; None if one is missing."""
    tree = _stored_range(session, size)
    return tree.root() if tree else None


def copy_path(store: Store) -> Path:
    """Return where the newest checkpoint is kept outside the database."""
    return store.settings.data_dir / "register" / "checkpoint"


def read_copy(store: Store) -> Note | None:
    """Return the checkpoint that is kept outside the database; None without one, `BadInput` if it is spoilt."""
    try:
        return read_note(copy_path(store).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError):
        raise BadInput(f"The copy of the checkpoint cannot be read: {copy_path(store)}.") from None


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place at once: whoever reads sees the old one or the new one, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _waits(store: Store) -> bool:
    """Tell whether entries wait for a place; `RegisterUnavailable` if something false hides those that do."""
    with store.database.reading() as session:
        newest, (position, n) = newest_checkpoint(session), _last_place(session)
        written = session.scalar(select(func.max(RegisterEntry.n))) or 0
        if max(written, n) > highest_given(session):  # entries with the numbers that follow would never be reached
            raise _rewritten()
        if written <= n and (newest.size if newest else 0) != position + 1:
            raise _rewritten()
        return written > n


def _last_place(session: Session) -> tuple[int, int]:
    """Return the highest position that was given, and the highest number of an entry that has one; -1 and 0 if none."""
    leaf = RegisterLeaf
    position, n = (session.scalar(select(func.max(column))) for column in (leaf.position, leaf.n))
    return (-1 if position is None else position), n or 0


def _place_batch(session: Session, store: Store) -> int:
    position, n = _last_place(session)
    entry = RegisterEntry
    query = select(entry.n, entry.leaf, entry.at).where(entry.n > n).order_by(entry.n).limit(BATCH)
    rows = session.execute(query).all()
    if rows:
        newest = newest_checkpoint(session)
        tree = _trusted_range(session, store, newest, position + 1)
        _place(session, tree, [(number, hash_) for number, hash_, _ in rows])
        _sign(session, store, tree, _moment(store.clock(), newest, [at for _, _, at in rows]))
    return len(rows)


def _place(session: Session, tree: Range, leaves: Sequence[tuple[int, bytes]]) -> None:
    placed = [{"position": place, "n": n} for place, (n, _) in enumerate(leaves, tree.size)]
    nodes = [whole for _, leaf in leaves for whole in tree.append(leaf)]
    session.execute(insert(RegisterLeaf), placed)
    if nodes:
        made = [{"level": level, "position": place, "hash": hash_} for (level, place), hash_ in nodes]
        session.execute(insert(RegisterNode), made)


def _moment(now: datetime, newest: RegisterCheckpoint | None, written: Sequence[datetime]) -> datetime:
    """Return the moment that a checkpoint says, in whole seconds: now, and never before that of the one before it.

    What follows a full batch was written before now and must not look back-dated: the batch has its own last moment.
    """
    moment = min(now, max(written)) if len(written) == BATCH else now
    return max(moment, newest.at if newest else moment).replace(microsecond=0)


def _sign(session: Session, store: Store, tree: Range, at: datetime) -> None:
    head = Head(store.settings.register_origin, tree.size, tree.root())
    session.add(RegisterCheckpoint(size=head.size, at=at, root=head.root, note=signed(head, store.keys.signing, at)))
    session.flush()


def _trusted_range(session: Session, store: Store, newest: RegisterCheckpoint | None, size: int) -> Range:
    """Return the tree of this size, once it is what was signed last and what the copy outside the database says."""
    tree = _stored_range(session, size)
    if tree is None or (newest.size if newest else 0) != size or (newest and not _is_ours(store, newest, tree.root())):
        raise _rewritten()
    if not _holds_the_copy(session, store, size):
        raise _rewritten()
    return tree


def _holds_the_copy(session: Session, store: Store, size: int) -> bool:
    """Tell whether the tree of this size begins with the one that the copy outside the database tells of."""
    try:
        copy = read_copy(store)
    except BadInput:
        return False
    return copy is None or (copy.head.size <= size and stored_root(session, copy.head.size) == copy.head.root)


def _is_ours(store: Store, checkpoint: RegisterCheckpoint, root: bytes) -> bool:
    try:
        note = read_note(checkpoint.note)
    except BadInput:
        return False
    return note.head.root == root and note.head.size == checkpoint.size and note.is_signed_by(log_verifier(store))


def _rewritten() -> RegisterUnavailable:
    return RegisterUnavailable(
        "The register is not what was signed last, so nothing more is signed: `vigie register verify` says what it is.",
        code="register_rewritten",
    )


def _stored_range(session: Session, size: int) -> Range | None:
    peaks = whole_nodes(Span(0, size))
    found = node_hashes(session, peaks)
    return Range(size, [found[peak] for peak in peaks]) if len(found) == len(peaks) else None


def _keep_copy(store: Store) -> None:
    """Bring the copy outside the database up to the newest checkpoint; one that cannot be written is told.

    A copy that is ahead of the database, or of another history, stays: it is the evidence.
    """
    with store.database.reading() as session:
        newest = newest_checkpoint(session)
        if newest is None or _copied(store) == newest.size or not _holds_the_copy(session, store, newest.size):
            return
        root = stored_root(session, newest.size)
        if root is None or not _is_ours(store, newest, root):
            return
    try:
        write_whole(copy_path(store), newest.note.encode())
    except OSError as error:
        log.warning("The copy of the checkpoint could not be written: %s.", error.strerror)


def _copied(store: Store) -> int:
    try:
        copy = read_copy(store)
    except BadInput:
        return 0
    return copy.head.size if copy else 0
