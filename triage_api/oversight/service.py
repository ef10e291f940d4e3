"""Reading the register, which is itself an entry."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.register import Event, settle
from store.store import Store
from store.tables import RegisterEntry
from triage_api.access.models import Person
from triage_api.access.policy import Action, may, require
from triage_api.agreement.blind import blind_among
from triage_api.oversight.models import EntryFilter, EntryOut, RegisterPage
from triage_api.shell.recording import enter, recording

_SAYS_VERDICT = frozenset({Event.DECISION_MADE.value, Event.DECISION_UNDONE.value})
_UNSEEN = frozenset({"verdict", "criteria"})


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
        items = _told(session, person, [_entry(row) for row in shown])
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


def _told(session: Session, person: Person, entries: list[EntryOut]) -> list[EntryOut]:
    """Return entries without what was decided on posts that the person is still to judge blind.

    Only whoever works at the queue judges; the auditor reads all. The proof of an entry is always of all that it says.
    """
    if not may(person, Action.QUEUE_WORK):
        return entries
    decided = [one for one in entries if one.event in _SAYS_VERDICT]
    blind = blind_among(session, person, {str(one.public.get("post")) for one in decided})
    for one in decided:
        if one.public.get("post") in blind:
            one.public = {name: said for name, said in one.public.items() if name not in _UNSEEN} | {"blind": True}
    return entries


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
