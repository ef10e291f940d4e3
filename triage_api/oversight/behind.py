"""The request that a search cites: whom it names, and whether it is that person whom the search looks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.contacts import Contact
from nlp.redact.gazetteers import names
from store.store import Store
from store.tables import Request, Search
from triage_api.oversight.names import Sought, is_handle_of, read_name, sought_in
from triage_api.requests.models import Details
from triage_api.requests.sealing import contacts_in, key_name, opened


@dataclass(frozen=True, slots=True)
class Behind:
    """A request that searches cite; of an erased person it names nobody."""

    answered_at: datetime | None
    named: Sought
    handles: frozenset[str]
    """Those that could be made of the name."""
    contacts: frozenset[Contact]

    def is_about(self, sought: Sought, contacts: frozenset[Contact]) -> bool:
        """Tell whether any name or contact that was searched for is the request's."""
        shared = set(sought.words) & set(self.named.words) or sought.handles & self.named.handles
        return bool(shared or contacts & self.contacts) or is_handle_of(sought.handles, self.handles)


def requests_behind(store: Store, session: Session, searches: Sequence[Search]) -> dict[str, Behind]:
    """Return the requests that some searches cite, by id, asking the keyring once."""
    query = select(Request).where(Request.id.in_({row.request_id for row in searches if row.request_id}))
    rows = list(session.scalars(query))
    keys = store.keys.keys(key_name(row.subject_id) for row in rows)
    return {row.id: _behind(row, keys.get(key_name(row.subject_id))) for row in rows}


def names_somebody(sought: Sought) -> bool:
    """Tell whether a first name stands among the words that were searched for."""
    return any(map(names().is_sure_given, sought.words))


def _behind(row: Request, key: bytes | None) -> Behind:
    if key is None:
        return Behind(row.answered_at, sought_in([]), frozenset(), frozenset())
    told = Details.model_validate_json(opened(key, row.sealed, f"request:{row.id}"))
    name = read_name(told.youth)
    named = sought_in([told.youth, *told.handles, *told.emails])
    return Behind(row.answered_at, named, name.compact if name else frozenset(), frozenset(contacts_in(told)))
