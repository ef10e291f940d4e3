"""Reading the register, which is itself an entry, and the sources with their approvals."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crawlers.sources.approvals import require_approved
from crawlers.sources.register import COLLECTED
from store.errors import SourceNotApproved
from store.register import Event, settle
from store.store import Store
from store.tables import Post, RegisterEntry, Run, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.oversight.models import EntryFilter, EntryOut, RegisterPage, SourceLine, SourcePage
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


def list_sources(store: Store, person: Person) -> SourcePage:
    """Return every source, what it holds and whether it may be collected."""
    require(person, Action.SOURCE_READ)
    with store.database.reading() as session:
        held = select(Post.source_id, func.count()).where(Post.status == "live").group_by(Post.source_id)
        counts = dict(session.execute(held).all())
        rows = session.scalars(select(Source).order_by(Source.title))
        return SourcePage(items=[_source(session, store, row, counts.get(row.id, 0)) for row in rows])


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


def _source(session: Session, store: Store, row: Source, posts: int) -> SourceLine:
    run = session.scalar(select(Run).where(Run.source_id == row.id).order_by(Run.id.desc()).limit(1))
    until, problem = None, ""
    if row.kind in COLLECTED:
        try:
            until = require_approved(session, row.id, store.clock()).expires_at
        except SourceNotApproved as error:
            problem = error.message
    return SourceLine(
        id=row.id,
        title=row.title,
        kind=row.kind,
        approved_until=until,
        problem=problem,
        posts=posts,
        last_run=run.started_at if run else None,
        last_status=run.status if run else "",
    )
