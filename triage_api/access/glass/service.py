"""Emergency access: whoever needs it takes it, with a reason; others hear of it at once, and one of them reviews it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotAllowed, NotFound
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import BrokenGlass
from triage_api.access.glass.alerts import REVIEW_WITHIN, open_glass
from triage_api.access.glass.models import GlassIn, GlassOut, GlassPage, GlassReview, GlassTaken
from triage_api.access.house import is_elsewhere, profile_of
from triage_api.access.models import Person, Role
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.shell.recording import enter, recording

_SHOWN = 200
"""Emergencies that the list shows at most; those that wait for their review come first."""


def break_glass(store: Store, person: Person, given: GlassIn) -> GlassTaken:
    """Take an emergency access for `glass_minutes`; `Conflict` while one is open."""
    require(person, Action.GLASS_BREAK)
    with recording(store) as session:
        hold(session, [f"glass:{person.id}"])
        if open_glass(session, person.id, store.clock()):
            raise Conflict("An emergency access is open already.", code="glass_open")
        row = record_glass(session, store, person, given.reason, lasting=store.settings.glass_minutes)
    return GlassTaken(id=row.id, expires_at=row.expires_at)


def record_glass(
    session: Session, store: Store, person: Person, reason: str, *, lasting: int = 0, act: str = ""
) -> BrokenGlass:
    """Keep and enter an emergency of `lasting` minutes, or an `act` that went on alone: others will review it."""
    identity, now = f"g-{secrets.token_hex(8)}", store.clock()
    sealed = store.keys.sealed(reason, f"glass:{identity}")
    row = BrokenGlass(id=identity, user_id=person.id, act=act, reason=sealed, opened_at=now)
    row.expires_at = now + timedelta(minutes=lasting)
    session.add(row)
    said = {"glass": identity, "act": act} if act else {"glass": identity, "until": row.expires_at.isoformat()}
    enter(session, store, person, Event.GLASS_BROKEN, said, sealed)
    return row


def own_glass(store: Store, person: Person) -> GlassTaken | None:
    """Return the emergency access that the person has open."""
    require(person, Action.GLASS_BREAK)
    with store.database.reading() as session:
        row = session.get(BrokenGlass, person.glass) if person.glass else None
    return GlassTaken(id=row.id, expires_at=row.expires_at) if row else None


def list_glass(store: Store, person: Person) -> GlassPage:
    """Return emergencies for whoever reviews them: first those that wait, then the newest. Reading them is an entry."""
    require(person, Action.GLASS_REVIEW)
    order = (BrokenGlass.reviewed_at.is_not(None), BrokenGlass.opened_at.desc(), BrokenGlass.id)
    with recording(store) as session:
        rows = session.scalars(select(BrokenGlass).order_by(*order).limit(_SHOWN)).all()
        known = pseudonyms(session, (user for row in rows for user in (row.user_id, row.reviewed_by)))
        if rows:
            enter(session, store, person, Event.REGISTER_READ, {"emergencies": len(rows)})
    return GlassPage(items=[_out(store, person, row, known) for row in rows])


def see_glass(store: Store, person: Person, identity: str) -> None:
    """Note that somebody else has seen an emergency: the alert ends for all, which is an entry; the review is due."""
    require(person, Action.GLASS_REVIEW)
    with recording(store) as session:
        row = _anothers(session, person, identity)
        if row.seen_at is None:
            row.seen_at = store.clock()
            enter(session, store, person, Event.GLASS_SEEN, {"glass": identity})


def review_glass(store: Store, person: Person, identity: str, given: GlassReview) -> None:
    """Record what somebody else than the person found; `NotAllowed` for one's own, `Conflict` for a second review.

    What went on without its second person is for an auditor of another organisation, where the house's profile has one.
    """
    require(person, Action.GLASS_REVIEW)
    with recording(store) as session:
        row = _anothers(session, person, identity)
        if row.reviewed_at is not None:
            raise Conflict("This was reviewed already.", code="reviewed")
        if not _is_for(store, person, row):
            raise NotAllowed("An auditor of the partner organisation reviews this.", code="second_person")
        now = store.clock()
        row.reviewed_by, row.reviewed_at, row.seen_at = person.id, now, row.seen_at or now
        row.finding, row.note = given.finding, store.keys.sealed(given.note, f"glass:{identity}")
        enter(session, store, person, Event.GLASS_REVIEWED, {"glass": identity, "finding": given.finding}, row.note)


def _anothers(session: Session, person: Person, identity: str) -> BrokenGlass:
    row = session.get(BrokenGlass, identity, with_for_update=True)
    if row is None:
        raise NotFound("No such emergency access.")
    if row.user_id == person.id:
        raise NotAllowed("Nobody reviews their own emergency.", code="second_person")
    return row


def _is_for(store: Store, person: Person, row: BrokenGlass) -> bool:
    if not row.act or Role.AUDITOR not in profile_of(store.settings).elsewhere:
        return True
    return Role.AUDITOR in person.roles and is_elsewhere(store.settings, person.organisation)


def _out(store: Store, person: Person, row: BrokenGlass, known: dict[str, str]) -> GlassOut:
    waits = row.reviewed_at is None
    return GlassOut(
        id=row.id,
        who=known[row.user_id],
        act=row.act,
        reason=store.keys.opened(row.reason, f"glass:{row.id}"),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        seen=row.seen_at is not None,
        reviewable=waits and row.user_id != person.id and _is_for(store, person, row),
        late=waits and _is_late(row.opened_at, store.clock()),
        reviewed_at=row.reviewed_at,
        reviewed_by=known.get(row.reviewed_by or ""),
        finding=row.finding or None,
        note=store.keys.opened(row.note, f"glass:{row.id}") if row.note is not None else None,
    )


def _is_late(opened_at: datetime, now: datetime) -> bool:
    return opened_at <= now - REVIEW_WITHIN
