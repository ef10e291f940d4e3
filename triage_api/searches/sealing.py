"""What a search tells, sealed: under its subject's key where it serves a request, so that erasing one erases both."""

from __future__ import annotations

from sqlalchemy.orm import Session

from nlp.searches import SearchScope
from store.errors import NotFound
from store.keys import seal, unseal
from store.store import Store
from store.tables import Request, Search
from triage_api.requests.sealing import key_of


class Told(SearchScope):
    """A search as it was asked, and why, in the person's own words."""

    purpose: str
    ground: str
    again_reason: str | None = None
    only_flagged: bool = False
    """Whether flagged posts alone could be found."""


def seal_search(store: Store, session: Session, told: Told, identity: str, request: str | None) -> bytes:
    """Seal what a search tells; `NotFound` if the subject of its request was erased."""
    context, plain = f"search:{identity}", told.model_dump_json()
    if request is None:
        return store.keys.sealed(plain, context)
    return seal(key_of(session, store, session.get_one(Request, request)), plain.encode(), context)


def open_search(store: Store, session: Session, row: Search) -> Told | None:
    """Return what a search told; None once the subject of its request is erased."""
    context = f"search:{row.id}"
    if row.request_id is None:
        return Told.model_validate_json(store.keys.opened(row.scope, context))
    try:
        key = key_of(session, store, session.get_one(Request, row.request_id))
    except NotFound:
        return None
    return Told.model_validate_json(unseal(key, row.scope, context))
