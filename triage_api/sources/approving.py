"""Who lets a source be collected: one asks, another grants, either suspends. Pages, API and verbs all come here.

The record is `crawlers.sources.approvals`'; what is here is about people, and each act is an entry of the register.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.sources import approvals
from crawlers.sources.approvals import Leave, held_source, told_of, waiting_leave
from store.clock import house_zone
from store.errors import BadInput, Conflict
from store.register import Event
from store.store import Store
from store.tables import Approval, User
from triage_api.access.glass.second import second_person
from triage_api.access.house import profile_of
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.shell.recording import enter, recording
from triage_api.sources.approving_models import GrantIn, LeaveIn, LeaveOut, SourceStanding, SuspendIn


def ask(store: Store, person: Person, source_id: str, given: LeaveIn) -> SourceStanding:
    """Ask for leave to collect a source as it is declared now; nothing may be collected until somebody else grants it.

    `Conflict` (``leave_waits``) if one waits already.
    """
    require(person, Action.SOURCE_DECIDE)
    leave = _leave(store, given)
    with recording(store) as session:
        row = approvals.ask(session, source_id, leave, by=person.pseudonym, now=store.clock())
        sealed = _sealed(store, row, assessment=row.assessment, mandate=row.mandate, ground=row.ground)
        enter(session, store, person, Event.SOURCE_ASKED, told_of(row), sealed)
        return _standing(session, store, person, source_id)


def grant(store: Store, person: Person, source_id: str, given: GrantIn) -> SourceStanding:
    """Grant the leave that waits; whoever asked does so only alone, as `second_person` lets one.

    `Conflict`: none waits (``nothing_waits``), or another than the one that was read (``other_leave``).
    """
    require(person, Action.SOURCE_DECIDE)
    with recording(store) as session:
        row = _waiting(session, store, source_id, given.approval)
        first = session.scalar(select(User.id).where(User.pseudonym == row.approvers[0])) or ""
        act = Event.SOURCE_GRANTED.value
        together = second_person(
            store, session, person, first=first, asked_at=row.created_at, act=act, reason=given.reason
        )
        reason = "" if together else given.reason
        approvals.grant(row, by=person.pseudonym, now=store.clock(), alone_reason=reason)
        said = told_of(row) | ({} if together else {"alone": True})
        sealed = _sealed(store, row, reason=reason) if reason else None
        enter(session, store, person, Event.SOURCE_GRANTED, said, sealed)
        return _standing(session, store, person, source_id)


def suspend(store: Store, person: Person, source_id: str, given: SuspendIn) -> SourceStanding:
    """End at once what leave a source has, also one that waits: a collection that runs sends nothing more.

    `Conflict` (``nothing_to_suspend``) if there is none.
    """
    require(person, Action.SOURCE_DECIDE)
    with recording(store) as session:
        for row in approvals.suspend(session, source_id, by=person.pseudonym, why=given.why, now=store.clock()):
            enter(session, store, person, Event.SOURCE_SUSPENDED, told_of(row), _sealed(store, row, why=given.why))
        return _standing(session, store, person, source_id)


def standing_of(store: Store, person: Person, source_id: str) -> SourceStanding:
    """Return how a source stands and who approved it; `NotFound` if it is not declared."""
    require(person, Action.SOURCE_READ)
    with store.database.reading() as session:
        return _standing(session, store, person, source_id)


def end_of(day: date) -> datetime:
    """Return the last moment of a day in Québec."""
    return datetime.combine(day, time.max, house_zone())


def _leave(store: Store, given: LeaveIn) -> Leave:
    end = end_of(given.expires_on)
    if end <= store.clock():
        raise BadInput("This day is over: write one that is to come.", code="past", field="expires_on")
    longest = store.settings.retain_unflagged_days
    if given.retention_days is not None and given.retention_days > longest:
        raise BadInput(
            f"The house keeps such a text {longest} days: leave this empty, or write fewer.",
            code="longer_than_house",
            field="retention_days",
        )
    return Leave(**given.model_dump(exclude={"expires_on"}), expires_at=end)


def _waiting(session: Session, store: Store, source_id: str, read: int | None) -> Approval:
    row = waiting_leave(session, held_source(session, source_id), store.clock())
    if row is None:
        raise Conflict(f"No approval of {source_id} waits: ask for one first.", code="nothing_waits")
    if read is not None and read != row.id:
        raise Conflict("Another approval waits by now: read it first.", code="other_leave")
    session.refresh(row, with_for_update=True)  # going on alone writes to the register before the row is changed
    return row


def _sealed(store: Store, row: Approval, **words: str) -> bytes:
    return store.keys.sealed(json.dumps(words, ensure_ascii=False), f"approval:{row.id}")


def _standing(session: Session, store: Store, person: Person, source_id: str) -> SourceStanding:
    found = approvals.standing(session, source_id, store.clock())
    waits, hours = found.waiting, profile_of(store.settings).alone_after_hours
    return SourceStanding(
        source=source_id,
        state=found.state,
        problem=found.problem,
        leave=_told(found.leave),
        waiting=_told(waits),
        by_me=waits is not None and waits.approvers[0] == person.pseudonym,
        alone_at=waits.created_at + timedelta(hours=hours) if waits is not None and hours is not None else None,
    )


def _told(row: Approval | None) -> LeaveOut | None:
    if row is None:
        return None
    told = {name: getattr(row, name) for name in LeaveOut.model_fields if hasattr(Approval, name)}
    granted_by = row.approvers[-1] if row.granted_at else None
    return LeaveOut(approval=row.id, asked_by=row.approvers[0], asked_at=row.created_at, granted_by=granted_by, **told)
