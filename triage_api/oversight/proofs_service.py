"""What the register proves, to those who may read it.

A proof of one entry is a reading of the register, and is entered. Checkpoints, consistency proofs and leaves are not:
they hold nothing of what an entry says, and a witness that asks each minute would make the register grow by asking.
"""

from __future__ import annotations

import logging

from store.errors import BadInput, DatabaseUnavailable, NotFound, RegisterUnavailable
from store.register import Event
from store.register.proofs import list_leaves, placed_entries, prove_consistency, prove_inclusion
from store.register.sequencing import log_verifier, newest_checkpoint, sequence
from store.store import Store
from store.tables import RegisterEntry
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.oversight.proofs_models import CheckpointOut, ConsistencyOut, InclusionOut, LeafOut, LeafPage
from triage_api.shell.recording import enter, recording

log = logging.getLogger(__name__)


def newest(store: Store, person: Person) -> CheckpointOut:
    """Sign what is not signed yet and return the newest checkpoint; `NotFound` while the register is empty.

    A register that cannot be signed, because it was rewritten or its disk is full, still shows what was signed last:
    that is what a witness finds it out by.
    """
    require(person, Action.REGISTER_READ)
    try:
        sequence(store)
    except (RegisterUnavailable, DatabaseUnavailable) as error:
        log.warning("Nothing is signed: %s", error.message)
    with store.database.reading() as session:
        row = newest_checkpoint(session)
    if row is None:
        raise NotFound("The register has no entry yet.")
    verifier = str(log_verifier(store))
    return CheckpointOut(checkpoint=row.note, size=row.size, root=row.root.hex(), at=row.at, verifier_key=verifier)


def inclusion(store: Store, person: Person, n: int) -> InclusionOut:
    """Return the proof of an entry, once this reading is entered; `NotFound` if there is no such entry."""
    require(person, Action.REGISTER_READ)
    with recording(store) as session:
        if session.get(RegisterEntry, n) is None:
            raise NotFound(f"The register has no entry {n}.")
        enter(session, store, person, Event.REGISTER_READ, {"proof": n})
    sequence(store)
    with store.database.reading() as session:
        proof = prove_inclusion(session, n)
    return InclusionOut(
        n=n,
        leaf=proof.leaf.hex(),
        position=proof.position,
        size=proof.size,
        path=[step.hex() for step in proof.path],
        checkpoint=proof.checkpoint,
    )


def consistency(store: Store, person: Person, old: int, new: int) -> ConsistencyOut:
    """Return the proof that the register only grew; `BadInput` or `NotFound` if it never had such sizes."""
    require(person, Action.REGISTER_READ)
    if old > new:
        raise BadInput("A register grows: `from` is not larger than `to`.", field="from")
    with store.database.reading() as session:
        path = prove_consistency(session, old, new)
    return ConsistencyOut(old=old, new=new, path=[step.hex() for step in path])


def leaves(store: Store, person: Person, *, after: int, limit: int) -> LeafPage:
    """Return the leaves after a position, their hashes computed from what the entries say now."""
    require(person, Action.REGISTER_READ)
    with store.database.reading() as session:
        rows = list_leaves(session, after=after, limit=limit)
        more = bool(rows) and rows[-1].position + 1 < placed_entries(session)
    items = [LeafOut(position=row.position, n=row.n, at=row.at, leaf=row.hash.hex()) for row in rows]
    return LeafPage(items=items, next=str(rows[-1].position) if more else None)
