"""Captures' digests in the register: whoever changes a capture and its row still has the signed entry against them.

What is kept in one transaction is one entry, `captures.kept`: it names each version of a post and the SHA-256 of its
capture's file. The digest covers a random salt in the file, so that an entry tells nothing of what was erased, and each
capture is verified alone: erasing one leaves the others of its page as they were.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from store.captures import settle_captures
from store.errors import BadInput, NotFound, RegisterUnavailable
from store.register import Event, append, entry_content, leaf_hash
from store.register.notes import read_note
from store.register.proofs import prove_inclusion
from store.register.sequencing import log_verifier
from store.register.tree import verify_inclusion
from store.tables import Capture, RegisterEntry, RegisterLeaf

if TYPE_CHECKING:
    from store.store import Store

log = logging.getLogger(__name__)

COLLECTOR = "collector"
"""Who enters what is kept: no person does."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Anchor:
    """The entry of the register that a capture's digest stands in."""

    n: int
    at: datetime
    digest: str
    """SHA-256 of the capture's file, as it was entered."""


def enter_captures(session: Session, store: Store, kept: Sequence[Mapping[str, Any]]) -> None:
    """Have captures on disk, enter their digests with those that wait still, and keep their rows (`Capture`).

    Collecting goes on where the register cannot be written: what was kept meanwhile is entered with the next page that
    is kept once it can. The transaction holds `INTAKE` and the posts, and locks nothing after.
    """
    if not kept:
        return
    settle_captures(store.settings.captures, [one["path"] for one in kept])
    query = select(Capture).where(Capture.entry.is_(None)).order_by(Capture.id).limit(_AT_ONCE)
    waiting = session.scalars(query).all()
    named = {_name(row.post_id, row.version): row.sha256 for row in waiting}
    named |= {_name(one["post_id"], one["version"]): one["sha256"] for one in kept}
    entry = _entered(session, store, named)
    for row in waiting:
        row.entry = entry
    session.execute(insert(Capture), [{**one, "entry": entry} for one in kept])


def _entered(session: Session, store: Store, named: Mapping[str, str]) -> int | None:
    """Return the number of the entry that names captures; None where the register cannot be written."""
    public = {"captures": named}
    try:
        with session.begin_nested():
            return append(session, event=Event.CAPTURES_KEPT, actor=COLLECTOR, at=store.clock(), public=public)
    except RegisterUnavailable as error:
        log.warning("captures wait to be entered: %s", error.message)
        return None


def anchors_of(session: Session, post_id: str) -> dict[int, list[Anchor]]:
    """Return the entries that name a post's captures, by version, the oldest first; reads the register once through."""
    found: dict[int, list[Anchor]] = {}
    for entry in _entries(session, f'"{post_id}/'):
        for (post, version), digest in named_in(entry).items():
            if post == post_id:
                found.setdefault(version, []).append(Anchor(entry.n, entry.at, digest))
    return found


def entries_of_captures(session: Session, after: int, limit: int = 200) -> list[RegisterEntry]:
    """Return the entries of captures by number, those after `after`."""
    query = select(RegisterEntry).where(RegisterEntry.event == Event.CAPTURES_KEPT, RegisterEntry.n > after)
    return list(session.scalars(query.order_by(RegisterEntry.n).limit(limit)))


def named_in(entry: RegisterEntry) -> dict[tuple[str, int], str]:
    """Return the captures that an entry names, as post and version, with their digests; none if it cannot be read."""
    try:
        said = json.loads(entry.public)["captures"]
        return {_read_name(name): str(digest) for name, digest in said.items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def first_entered(session: Session) -> datetime | None:
    """Return since when captures are entered; None if none ever was."""
    query = select(RegisterEntry.at).where(RegisterEntry.event == Event.CAPTURES_KEPT)
    return session.scalar(query.order_by(RegisterEntry.n).limit(1))


def is_signed(session: Session, store: Store, n: int) -> bool:
    """Tell whether an entry stands, as it now reads, in a tree that this house signed; see `store.register.proofs`."""
    entry = session.scalar(select(RegisterEntry).where(RegisterEntry.n == n))
    try:
        proof = prove_inclusion(session, n)
        note = read_note(proof.checkpoint)
    except (NotFound, BadInput, RegisterUnavailable):
        return False
    if entry is None or not note.is_signed_by(log_verifier(store)) or note.head.size != proof.size:
        return False
    leaf = leaf_hash(entry_content(entry.at, entry.event, entry.actor, entry.public, entry.sealed))
    return verify_inclusion(leaf, proof.position, proof.size, proof.path, note.head.root)


def is_placed(session: Session, n: int) -> bool:
    """Tell whether the sequencer has come to an entry: until then, about a second, it is not signed."""
    return (session.scalar(select(func.max(RegisterLeaf.n))) or 0) >= n


def _entries(session: Session, words: str) -> Iterator[RegisterEntry]:
    query = select(RegisterEntry).where(
        RegisterEntry.event == Event.CAPTURES_KEPT, RegisterEntry.public.contains(words, autoescape=True)
    )
    yield from session.scalars(query.order_by(RegisterEntry.n).execution_options(yield_per=_AT_ONCE))


def _name(post_id: str, version: int) -> str:
    return f"{post_id}/{version}"


def _read_name(name: str) -> tuple[str, int]:
    post_id, _, version = name.rpartition("/")
    return post_id, int(version)
