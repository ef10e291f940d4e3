"""Reading the register, which is itself an entry."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Select, select

from store.register import Event, settle
from store.store import Store
from store.tables import RegisterEntry
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.oversight.models import EntryFilter, EntryOut, RegisterPage
from triage_api.shell.recording import enter, recording


def read_register(
    store: Store, person: Person, *, after: int = 0, limit: int = 100, wanted: EntryFilter | None = None
) -> RegisterPage:
    """Return entries after a number, once the entry that this reading is has been written; it is not among them."""
    query = _wanted(wanted).where(RegisterEntry.n > after).order_by(RegisterEntry.n)
    return _read(store, person, query, limit, {"after": after, **_said(wanted)})


def read_newest(
    store: Store, person: Person, *, before: int | None = None, limit: int = 100, wanted: EntryFilter | None = None
) -> RegisterPage:
    """Return entries before a number (None: the newest), newest first, as `read_register` does."""
    query = _wanted(wanted).order_by(RegisterEntry.n.desc())
    if before is not None:
        query = query.where(RegisterEntry.n < before)
    return _read(store, person, query, limit, {"before": before, **_said(wanted)})


def _read(store: Store, person: Person, query: Select[RegisterEntry], limit: int, said: dict[str, Any]) -> RegisterPage:
    require(person, Action.REGISTER_READ)
    with recording(store) as session:
        settle(session)
        rows = list(session.scalars(query.limit(limit + 1)))
        shown = rows[:limit]
        enter(session, store, person, Event.REGISTER_READ, {**said, "count": len(shown)})
        items = [_entry(row) for row in shown]
    return RegisterPage(items=items, next=str(shown[-1].n) if len(rows) > limit else None)


def _wanted(wanted: EntryFilter | None) -> Select[RegisterEntry]:
    query, asked = select(RegisterEntry), wanted or EntryFilter()
    if asked.event is not None:
        query = query.where(RegisterEntry.event == asked.event)
    if asked.actor:
        query = query.where(RegisterEntry.actor == asked.actor)
    if asked.since is not None:
        query = query.where(RegisterEntry.at >= asked.since)
    if asked.until is not None:
        query = query.where(RegisterEntry.at < asked.until)
    if asked.search:
        query = query.where(RegisterEntry.public.contains(f'"{asked.search}"', autoescape=True))
    return query


def _said(wanted: EntryFilter | None) -> dict[str, Any]:
    """Return what the entry of a reading tells of its filter."""
    return wanted.model_dump(mode="json", exclude_defaults=True) if wanted else {}


def _entry(row: RegisterEntry) -> EntryOut:
    return EntryOut(
        n=row.n,
        at=row.at,
        event=row.event,
        actor=row.actor,
        public=json.loads(row.public),
        sealed_sha256=hashlib.sha256(row.sealed).hexdigest() if row.sealed is not None else None,
        leaf=row.leaf.hex(),
    )
