"""The heads that a register's tree must pass through: its stored checkpoints, the copy of the last, and saved ones."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import BadInput
from store.register.findings import Findings, Kind
from store.register.notes import Note, Verifier, read_note
from store.tables import RegisterCheckpoint


@dataclass(frozen=True, slots=True)
class Mark:
    """A signed head: where it comes from (empty: the database), and the moment that its signature says."""

    size: int
    root: bytes
    at: datetime | None
    source: str = ""


def all_marks(session: Session, ours: Verifier, saved: Iterable[tuple[str, Note]], found: Findings) -> Iterator[Mark]:
    """Yield every signed head by size, stored ones first; what is spoilt of them is found and left out."""
    outside = sorted(_saved(ours, saved, found), key=lambda mark: mark.size)
    yield from heapq.merge(_stored(session, ours, found), outside, key=lambda mark: mark.size)


def largest_signed(session: Session, ours: Verifier, saved: Iterable[tuple[str, Note]]) -> int:
    """Return of how many entries the largest tree was that was ever signed, as far as is known here."""
    stored = session.scalar(select(func.max(RegisterCheckpoint.size))) or 0
    return max([stored, *(note.head.size for _, note in saved if note.is_signed_by(ours))])


def _saved(ours: Verifier, notes: Iterable[tuple[str, Note]], found: Findings) -> Iterator[Mark]:
    for source, note in notes:
        if note.head.origin == ours.name and note.is_signed_by(ours):
            yield Mark(note.head.size, note.head.root, note.cosigned_at(ours.timed()), source)
        else:
            found.add(Kind.SPOILT, f"{source} is not signed by this register's key")


def _stored(session: Session, ours: Verifier, found: Findings) -> Iterator[Mark]:
    table = RegisterCheckpoint
    query = select(table.size, table.at, table.root, table.note).order_by(table.size)
    newest: datetime | None = None
    for size, at, root, text in session.execute(query.execution_options(yield_per=500)):
        signed = _moment(text, ours, size, root)
        if signed is None or signed != at or (newest is not None and signed < newest):
            found.add(Kind.SPOILT, f"the stored checkpoint of {size} entries is not as it was signed")
            continue
        newest = signed
        yield Mark(size, root, signed)


def _moment(text: str, ours: Verifier, size: int, root: bytes) -> datetime | None:
    """Return the moment that a stored note was signed at; None if it is not ours or says something else.

    The cosignature covers all that the plain signature does, and the moment: one check is enough.
    """
    try:
        note = read_note(text)
    except BadInput:
        return None
    return note.cosigned_at(ours.timed()) if (note.head.size, note.head.root) == (size, root) else None
