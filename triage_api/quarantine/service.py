"""Listing what is sealed, opening it once its entry stands in the register, and deciding on it for good."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound
from store.holds import held
from store.intake import take_back
from store.leftovers import ask_destruction, destroy_asked
from store.locks import INTAKE, hold, hold_posts
from store.posts import get_post
from store.quarantine import (
    Held,
    Outcome,
    key_name,
    late_before,
    note_name,
    read_held,
    read_outcome,
    waiting,
)
from store.register import Event
from store.store import Store
from store.tables import Post, Quarantined, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.quarantine.checks import lexicon_state
from triage_api.quarantine.models import (
    DecidedOut,
    HeldOut,
    HeldPage,
    OpenedOut,
    OutcomeIn,
    PackageIn,
    SealedCapture,
    State,
    TextOut,
)
from triage_api.quarantine.packing import packed
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.inert import inert
from triage_api.shell.recording import enter, recording

Found = tuple[Quarantined, str | None]
_CLOCKS_DIFFER = timedelta(minutes=10)
_DONE = case((Quarantined.outcome == "", 0), else_=1)


def list_held(store: Store, person: Person, *, limit: int = 100, cursor: str | None = None) -> HeldPage:
    """List sealed texts, without a word of any of them; needs no entry, for it tells nothing of what they say."""
    require(person, Action.QUARANTINE_READ)
    now = store.clock()
    terms, problem = lexicon_state(store.settings)
    query = _found().order_by(_DONE, Quarantined.created_at, Quarantined.post_id)
    if cursor is not None:
        query = query.where(_after(cursor))
    with store.database.reading() as session:
        counts = waiting(session, store.settings, now)
        rows: list[Found] = [(row, title) for row, title in session.execute(query.limit(limit + 1))]
    more = rows[limit - 1][0] if len(rows) > limit else None
    return HeldPage(
        items=[_shown(store, one) for one in rows[:limit]],
        next=wrap(int(more.outcome != ""), more.created_at.isoformat(), more.post_id) if more else None,
        waiting=counts.texts,
        late=counts.late,
        days=store.settings.quarantine_days,
        terms=terms,
        lexicon_problem=problem,
    )


def read_item(store: Store, person: Person, identity: str) -> HeldOut:
    """Return what is told of a sealed text without opening it."""
    require(person, Action.QUARANTINE_READ)
    with store.database.reading() as session:
        return _shown(store, _one(session, identity))


def open_held(store: Store, person: Person, identity: str) -> OpenedOut:
    """Open a sealed text that waits, or why it was decided; the entry is in the register before anything is shown."""
    require(person, Action.QUARANTINE_READ)
    with recording(store) as session:
        row, title = _one(session, identity, held=True)
        outcome = read_outcome(store, row)
        text = None if row.outcome else _text(read_held(store, row))
        public = {"post": identity, "what": "outcome" if row.outcome else "text"}
        enter(session, store, person, Event.QUARANTINE_OPENED, public)
    decided = DecidedOut.model_validate(outcome, from_attributes=True) if outcome else None
    return OpenedOut(held=_shown(store, (row, title)), text=text, decided=decided)


def package(store: Store, person: Person, identity: str, given: PackageIn) -> bytes:
    """Return a sealed text that waits as an encrypted file, for whom it is handed over to; each is an entry."""
    require(person, Action.QUARANTINE_DECIDE)
    with recording(store) as session:
        row, _ = _one(session, identity, held=True)
        _require_waiting(row)
        made = packed(read_held(store, row), given.passphrase)
        public = {"post": identity, "sha256": hashlib.sha256(made).hexdigest()}
        enter(session, store, person, Event.QUARANTINE_TAKEN, public)
    return made


def decide(store: Store, person: Person, identity: str, given: OutcomeIn) -> HeldOut:
    """Decide what becomes of a sealed text.

    `Conflict`: somebody has (`outcome_decided`), or it would be destroyed under a legal hold (`held`).

    Handed over or destroyed, its data key is destroyed: no copy of it opens any more. Released, it is a live post
    again, which is assessed, and the lexicon does not seal this version of it again.
    """
    require(person, Action.QUARANTINE_DECIDE)
    now = store.clock()
    _check(given, now)
    if given.outcome == "released":
        # First: keys of what was sealed with it are bound to go, and must not take along what is written from now on.
        destroy_asked(store)
    with recording(store) as session:
        if given.outcome == "released":
            hold(session, [INTAKE])
        hold_posts(session, [identity])
        row, title = _one(session, identity, held=True)
        _require_waiting(row)
        if given.outcome != "released" and held(session, "post", identity, now):
            raise Conflict("This is under a legal hold: it is not destroyed before that ends.", code="held")
        version = get_post(session, identity).version
        if given.outcome == "released":
            version = _release(session, store, row)
        else:
            ask_destruction(session, [key_name(identity)], now)
        outcome = Outcome(version=version, **given.model_dump(exclude={"outcome"}))
        row.note = store.keys.sealed(outcome.model_dump_json(), note_name(identity))
        row.sealed, row.outcome, row.outcome_by, row.outcome_at = b"", given.outcome, person.pseudonym, now
        public = {"post": identity, "outcome": given.outcome}
        enter(session, store, person, Event.QUARANTINE_DECIDED, public, row.note)
    if given.outcome != "released":
        destroy_asked(store)
    return _shown(store, (row, title))


def _release(session: Session, store: Store, row: Quarantined) -> int:
    held = read_held(store, row)
    take_back(session, store, get_post(session, row.post_id), held)
    return held.version


def _check(given: OutcomeIn, now: datetime) -> None:
    """Raise `BadInput` unless one that is handed over says to whom, under which number and when, and no other does."""
    for field in ("to", "file_number", "handed_at"):
        if given.outcome == "handed_over" and not getattr(given, field):
            raise BadInput(
                "Say to whom it was handed over, under which file number and when.", code="needed", field=field
            )
        if given.outcome != "handed_over" and getattr(given, field):
            raise BadInput("Only what was handed over has a receiver.", code="not_handed_over", field=field)
    if given.handed_at and given.handed_at > now + _CLOCKS_DIFFER:
        raise BadInput("It was not handed over in the future.", code="in_future", field="handed_at")


def _require_waiting(row: Quarantined) -> None:
    if row.outcome:
        raise Conflict("This text was decided on already.", code="outcome_decided")


def _found() -> Select[Quarantined, str]:
    query = select(Quarantined, Source.title).join(Post, Post.id == Quarantined.post_id)
    return query.outerjoin(Source, Source.id == Post.source_id)


def _one(session: Session, identity: str, *, held: bool = False) -> Found:
    query = _found().where(Quarantined.post_id == identity)
    for row, title in session.execute(query.with_for_update(of=Quarantined) if held else query):
        return row, title
    raise NotFound("Nothing of this name is in quarantine.")


def _after(cursor: str) -> ColumnElement[bool]:
    done, at, identity = unwrap(cursor, int, str, str)
    moment = moment_in(at)
    later = and_(Quarantined.created_at == moment, Quarantined.post_id > identity)
    return or_(done < _DONE, and_(done == _DONE, or_(Quarantined.created_at > moment, later)))


def _shown(store: Store, found: Found) -> HeldOut:
    row, title = found
    return HeldOut(
        id=row.post_id,
        source=inert(title or ""),
        sealed_at=row.created_at,
        by=row.by,
        state=cast("State", row.outcome or "waiting"),
        late=not row.outcome and row.created_at <= late_before(store.settings, store.clock()),
        decided_by=row.outcome_by,
        decided_at=row.outcome_at,
    )


def _text(held: Held) -> TextOut:
    return TextOut(
        title=inert(held.title),
        text=inert(held.text),
        author=inert(held.author),
        url=inert(held.url),
        city=inert(held.city),
        posted_at=held.posted_at,
        provenance={name: inert(str(value)) for name, value in held.provenance.items()},
        captures=[
            SealedCapture(sha256=hashlib.sha256(one.warc).hexdigest(), url=inert(one.url), fetched_at=one.fetched_at)
            for one in held.captures
        ],
    )
