"""What a search tells, sealed: under its subject's key where it serves a request, so that erasing one erases both."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.searches import SearchScope, fingerprint
from store.batches import batches
from store.keyring import Keyring
from store.keys import seal, unseal
from store.store import Store
from store.tables import Request, Search, Subject
from triage_api.requests.sealing import key_name, key_of

_BATCH = 500


class Told(SearchScope):
    """A search as it was asked, and why, in the person's own words."""

    purpose: str
    ground: str
    again_reason: str | None = None
    only_flagged: bool = False
    """Whether flagged posts alone could be found."""


def seal_search(store: Store, session: Session, told: Told, identity: str, request: str | None) -> bytes:
    """Seal what a search tells; `NotFound` if the subject of its request was erased.

    `Conflict` if the keys were changed since its keyed hashes were made.
    """
    store.keys.hold_hashing(session)
    context, plain = _name(identity), told.model_dump_json()
    if request is None:
        return store.keys.sealed(plain, context)
    return seal(key_of(session, store, session.get_one(Request, request)), plain.encode(), context)


def fingerprint_of(keys: Keyring, scope: SearchScope) -> str:
    """Return the keyed hash that equal searches share."""
    return keys.blind("search", fingerprint(scope))


def open_search(store: Store, session: Session, row: Search) -> Told | None:
    """Return what a search told; None once the subject of its request is erased."""
    return open_searches(store, session, [row]).get(row.id)


def open_searches(store: Store, session: Session, rows: Iterable[Search]) -> dict[str, Told]:
    """Return what searches told, by id, asking the keyring once; those whose key is destroyed are left out."""
    some = list(rows)
    subjects = _subjects(session, {row.request_id for row in some if row.request_id})
    named = {row.id: _key_of(row, subjects) for row in some}
    keys = store.keys.keys(name for name in named.values() if name)
    opened = ((row, keys.get(named[row.id] or "")) for row in some)
    return {row.id: _opened(key, row) for row, key in opened if key}


def _opened(key: bytes, row: Search) -> Told:
    return Told.model_validate_json(unseal(key, row.scope, _name(row.id)))


def _name(identity: str) -> str:
    """Return what the seal of a search is bound to, and what its own data key is called where it has one."""
    return f"search:{identity}"


def _key_of(row: Search, subjects: dict[str, str]) -> str | None:
    """Return the name of the data key that a search is sealed under; None if its subject was erased."""
    if row.request_id is None:
        return _name(row.id)
    subject = subjects.get(row.request_id)
    return subject and key_name(subject)


def _subjects(session: Session, requests: Iterable[str]) -> dict[str, str]:
    """Return the subject of each request whose subject is not erased."""
    found: dict[str, str] = {}
    known = select(Request.id, Request.subject_id).join(Subject, Subject.id == Request.subject_id)
    for some in batches(requests, _BATCH):
        query = known.where(Request.id.in_(some), Subject.erased_at.is_(None))
        found.update(session.execute(query).all())
    return found
