"""What the tree answers: that an entry stands in it, that it only grew, and the hashes of its leaves.

A proof is read from the stored nodes, some dozens however long the register is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import NotFound, RegisterUnavailable
from store.register.entries import entry_content
from store.register.sequencing import newest_checkpoint, node_hashes
from store.register.tree import Span, consistency_spans, fold, inclusion_spans, leaf_hash, whole_nodes
from store.tables import RegisterEntry, RegisterLeaf


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The proof that an entry stands in the tree that a checkpoint signs."""

    leaf: bytes
    position: int
    size: int
    path: list[bytes]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry's place, number, moment and the hash of what it says now."""

    position: int
    n: int
    at: datetime
    hash: bytes


def prove_inclusion(session: Session, n: int) -> Inclusion:
    """Return the proof of entry `n` in the newest checkpoint's tree; `NotFound` if it has no place in it."""
    newest = newest_checkpoint(session)
    placed = select(RegisterLeaf.position, RegisterEntry.leaf).join(RegisterEntry, RegisterEntry.n == RegisterLeaf.n)
    found = session.execute(placed.where(RegisterLeaf.n == n)).first()
    if newest is None or found is None or found[0] >= newest.size:
        raise NotFound(f"The register has no entry {n}.")
    position, leaf = found
    path = _hashes(session, inclusion_spans(position, newest.size))
    return Inclusion(leaf, position, newest.size, path, newest.note)


def prove_consistency(session: Session, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with that of `old`; `NotFound` if it is not so large.

    Raises `ValueError` unless 0 ≤ old ≤ new.
    """
    spans = consistency_spans(old, new)
    if new > placed_entries(session):
        raise NotFound(f"The register has no {new} entries.")
    return _hashes(session, spans)


def placed_entries(session: Session) -> int:
    """Return how many entries have a place in the tree."""
    last = session.scalar(select(func.max(RegisterLeaf.position)))
    return 0 if last is None else last + 1


def list_leaves(session: Session, *, after: int = -1, limit: int = 1000) -> list[Leaf]:
    """Return leaves by position, those after `after`; an entry that is gone leaves a gap."""
    entry = RegisterEntry
    columns = (RegisterLeaf.position, entry.n, entry.at, entry.event, entry.actor, entry.public, entry.sealed)
    query = select(*columns).join(entry, entry.n == RegisterLeaf.n).where(RegisterLeaf.position > after)
    rows = session.execute(query.order_by(RegisterLeaf.position).limit(limit))
    return [
        Leaf(place, n, at, leaf_hash(entry_content(at, event, actor, public, sealed)))
        for place, n, at, event, actor, public, sealed in rows
    ]


def _hashes(session: Session, spans: Sequence[Span]) -> list[bytes]:
    found = node_hashes(session, [node for span in spans for node in whole_nodes(span)])
    try:
        return [fold([found[node] for node in whole_nodes(span)]) for span in spans]
    except KeyError:
        raise RegisterUnavailable(
            "The register's tree has a hole: `vigie register verify` says where.", code="register_rewritten"
        ) from None
