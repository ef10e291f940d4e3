"""Holds: one asks, another grants; either releases. A hold says nothing of what it keeps and lets nobody read it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import BadInput, Conflict, NotFound
from store.holds import HoldKind
from store.locks import hold_posts
from store.posts import pasted_for
from store.register import Event
from store.store import Store
from store.tables import LegalHold, Post, Request, Subject
from triage_api.access.glass.second import second_person
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.holds.models import GrantIn, HoldIn, HoldLine, HoldOut, HoldPage, State
from triage_api.shell.recording import enter, recording
from triage_api.shell.times import as_moment

LONGEST = timedelta(days=3 * 366)
"""A hold is asked for anew after so long: somebody looks whether it is still needed."""
_SHOWN = 200


def ask(store: Store, person: Person, given: HoldIn) -> HoldLine:
    """Ask for a hold; it holds nothing before somebody else grants it.

    `BadInput`: nothing of this number is kept (``hold_nothing`` at ``about``), its end is past or too far.
    """
    require(person, Action.HOLD_KEEP)
    now = store.clock()
    ends = _end(given.ends_on, now)
    with recording(store) as session:
        if not _lock(session, given.kind, given.about):
            raise BadInput("Nothing of this number is kept.", code="hold_nothing", field="about")
        row = LegalHold(id=f"h-{secrets.token_hex(10)}", kind=given.kind, about=given.about)
        row.sealed = store.keys.sealed(given.reason, _key(row.id))
        row.asked_by, row.asked_at, row.ends_at = person.id, now, ends
        session.add(row)
        session.flush()
        enter(session, store, person, Event.HOLD_ASKED, _said(row))
        return _lines(session, person, [row], now)[0]


def grant(store: Store, person: Person, identity: str, given: GrantIn) -> HoldLine:
    """Grant a hold that somebody else asked for; from then on nothing of it is erased.

    `NotAllowed` (``second_person``) for whoever asked, within the profile's hours; `Conflict`: it was granted or is
    over (``hold_state``), or what it is about is gone (``hold_nothing``).
    """
    require(person, Action.HOLD_KEEP)
    now = store.clock()
    with recording(store) as session:
        known = _one(session, identity)
        kept = _lock(session, cast("HoldKind", known.kind), known.about)  # before the hold, as whoever erases does
        row = _one(session, identity, locked=True)
        if _state(row, now) != "asked":
            raise Conflict("This hold was granted or is over.", code="hold_state")
        if not kept:
            raise Conflict("What it is about is gone already.", code="hold_nothing")
        act = Event.HOLD_GRANTED.value
        row.alone = not second_person(
            store, session, person, first=row.asked_by, asked_at=row.asked_at, act=act, reason=given.reason
        )
        row.granted_by, row.granted_at = person.id, now
        session.flush()
        enter(session, store, person, Event.HOLD_GRANTED, _said(row) | ({"alone": True} if row.alone else {}))
        return _lines(session, person, [row], now)[0]


def release(store: Store, person: Person, identity: str) -> HoldLine:
    """End a hold, or take back that it was asked for: its time counts again. `Conflict` (``hold_state``) if over."""
    require(person, Action.HOLD_KEEP)
    now = store.clock()
    with recording(store) as session:
        row = _one(session, identity, locked=True)
        if _state(row, now) not in ("asked", "held"):
            raise Conflict("This hold is over.", code="hold_state")
        row.released_at, row.released_by = now, person.id
        session.flush()
        enter(session, store, person, Event.HOLD_RELEASED, _said(row))
        return _lines(session, person, [row], now)[0]


def read_hold(store: Store, person: Person, identity: str) -> HoldOut:
    """Return a hold and why it is kept; nothing of what it is about."""
    require(person, Action.HOLD_KEEP)
    with store.database.reading() as session:
        row = _one(session, identity)
        line = _lines(session, person, [row], store.clock())[0]
        return HoldOut(**line.model_dump(), reason=_reason(store, row))


def list_holds(store: Store, person: Person) -> HoldPage:
    """Return holds: those that hold or wait first, by their end, then those that are over."""
    require(person, Action.HOLD_KEEP)
    now = store.clock()
    with store.database.reading() as session:
        rows = session.scalars(select(LegalHold).order_by(LegalHold.asked_at.desc(), LegalHold.id).limit(_SHOWN)).all()
        items = _lines(session, person, rows, now)
    over = [one for one in items if one.state in ("ended", "released")]
    current = sorted((one for one in items if one not in over), key=lambda one: (one.ends_at, one.id))
    return HoldPage(items=[*current, *over])


def _lock(session: Session, kind: HoldKind, about: str) -> bool:
    """Lock what a hold is about, as whoever erases it does; tell whether it is still kept."""
    if kind == "post":
        hold_posts(session, [about])
        return session.scalar(select(Post.id).where(Post.id == about, Post.status != "erased")) is not None
    hold_posts(session, pasted_for(session, about))
    kept = select(Request).join(Subject, Subject.id == Request.subject_id).where(Subject.erased_at.is_(None))
    return session.scalar(kept.where(Request.id == about).with_for_update(of=Request)) is not None


def _end(day: date, now: datetime) -> datetime:
    """Return the moment at which a hold ends whose last day is given, in the time of Québec."""
    if not house_day(now) <= day <= house_day(now + LONGEST):
        code = "hold_past" if day < house_day(now) else "hold_far"
        raise BadInput("A hold ends from today on, within three years.", code=code, field="ends_on")
    return cast("datetime", as_moment(datetime.combine(day + timedelta(days=1), time.min)))


def _one(session: Session, identity: str, *, locked: bool = False) -> LegalHold:
    query = select(LegalHold).where(LegalHold.id == identity)
    row = session.scalar(query.with_for_update().execution_options(populate_existing=True) if locked else query)
    if row is None:
        raise NotFound("No such hold.")
    return row


def _state(row: LegalHold, now: datetime) -> State:
    if row.released_at is not None:
        return "released"
    if row.ends_at <= now:
        return "ended"
    return "held" if row.granted_at is not None else "asked"


def _said(row: LegalHold) -> dict[str, object]:
    return {"hold": row.id, "kind": row.kind, "about": row.about, "until": row.ends_at.isoformat(timespec="seconds")}


def _key(identity: str) -> str:
    return f"hold:{identity}"


def _reason(store: Store, row: LegalHold) -> str:
    try:
        return store.keys.opened(row.sealed, _key(row.id)) if row.sealed else ""
    except NotFound:
        return ""


def _lines(session: Session, person: Person, rows: Collection[LegalHold], now: datetime) -> list[HoldLine]:
    names = pseudonyms(session, (user for row in rows for user in (row.asked_by, row.granted_by)))
    return [
        HoldLine(
            id=row.id,
            kind=cast("HoldKind", row.kind),
            about=row.about,
            state=_state(row, now),
            asked_by=names.get(row.asked_by, ""),
            asked_at=row.asked_at,
            granted_by=names.get(row.granted_by or "", ""),
            granted_at=row.granted_at,
            alone=bool(row.alone),
            ends_at=row.ends_at,
            released_at=row.released_at,
            mine=row.asked_by == person.id,
        )
        for row in rows
    ]
