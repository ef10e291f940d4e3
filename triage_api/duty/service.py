"""Keeping watches: taking one now, planning one, ending one early, naming who stands in. Each is an entry."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, time, timedelta
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotAllowed, NotFound
from store.locks import hold
from store.register import Event
from store.tables import Duty
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, may, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.desk import Desk
from triage_api.duty.hours import next_time
from triage_api.duty.models import BackupIn, DutyPage, OnDutyOut, StandingOut, TakeIn, WatchIn, WatchOut
from triage_api.duty.standing import Standing, able, standing
from triage_api.shell.recording import enter, recording

MOST = timedelta(hours=25)
"""Longest watch: a whole day, also the one that has an hour more."""
AHEAD = timedelta(days=92)
"""So much ahead a watch may begin."""
_LATE = timedelta(minutes=10)
"""A form that was filled in slowly: a beginning that has just passed is now."""
_SHOWN = 200


class Overlap(Conflict):
    """Somebody has a watch in these hours already, from `since` to `until`."""

    code = "duty_overlap"
    since: datetime
    until: datetime

    @classmethod
    def with_watch(cls, since: datetime, until: datetime) -> Self:
        """Return the error that names the watch in the way."""
        told = f"{since.isoformat(timespec='minutes')} to {until.isoformat(timespec='minutes')}"
        error = cls(f"There is a watch of this person already, from {told}: end it first.")
        error.since, error.until = since, until
        return error


def standing_shown(desk: Desk, person: Person) -> StandingOut:
    """Return whether somebody is on duty, until when and from when next; who, only to whoever may know."""
    require(person, Action.DUTY_READ)
    with desk.store.database.reading() as session:
        return told_to(person, standing(session, desk.store.settings, desk.store.clock()))


def told_to(person: Person, found: Standing) -> StandingOut:
    """Return what a person is told of who is on duty."""
    named = _sees_who(person)
    return StandingOut(
        on_duty=bool(found.on_duty),
        until=found.until,
        next_at=found.next_at,
        who=[OnDutyOut(who=one.pseudonym, until=one.until) for one in found.on_duty] if named else [],
        by_watches=found.by_watches if named else None,
    )


def duty_page(desk: Desk, person: Person) -> DutyPage:
    """Return who is on duty and the watches from now on; a partner is told no watch."""
    require(person, Action.DUTY_READ)
    now = desk.store.clock()
    with desk.store.database.reading() as session:
        found = told_to(person, standing(session, desk.store.settings, now))
        rows = _coming(session, now) if _sees_who(person) else []
        return DutyPage(standing=found, items=_shown(session, rows, person, now))


def choices(desk: Desk, person: Person) -> list[str]:
    """Return the pseudonyms of everybody who can be on duty or stand in."""
    require(person, Action.DUTY_KEEP)
    with desk.store.database.reading() as session:
        return [user.pseudonym for user in able(session, desk.store.settings, desk.store.clock()).values()]


def take(desk: Desk, person: Person, given: TakeIn) -> WatchOut:
    """Take the watch from now until the clock next shows an hour; it raises as `plan` does."""
    now = desk.store.clock()
    return plan(desk, person, WatchIn(backup=given.backup, starts_at=now, ends_at=next_time(_hour(given.until), now)))


def plan(desk: Desk, person: Person, given: WatchIn) -> WatchOut:
    """Plan a watch, one's own or, for a supervisor, anybody's.

    Raises `NotAllowed` for another's without leave, `BadInput` for hours or people that cannot be (`hours_reversed`,
    `watch_past`, `watch_long`, `watch_far`, `cannot_watch`, `own_backup`), `Overlap` for one who has a watch then.
    """
    granted, now = require(person, Action.DUTY_KEEP), desk.store.clock()
    _check_hours(given, now)
    with recording(desk.store) as session:
        user = _who(desk, session, person, granted, given.person)
        backup = _backup(desk, session, user, given.backup)
        row = Duty(id=f"d-{secrets.token_hex(10)}", user_id=user, backup_id=backup)
        row.starts_at, row.ends_at = max(given.starts_at, now), given.ends_at
        _require_free(session, row)
        session.add(row)
        session.flush()
        return _entered(desk, session, person, row, "taken")


def end(desk: Desk, person: Person, identity: str) -> None:
    """End a watch now; one that has not begun is withdrawn.

    Raises `NotFound` for one that is not there or not the person's to keep, `Conflict` (`watch_over`).
    """
    granted, now = require(person, Action.DUTY_KEEP), desk.store.clock()
    with recording(desk.store) as session:
        row = _held(session, person, granted, identity, now)
        begun = row.starts_at <= now
        row.ends_at = now if begun else row.starts_at
        _entered(desk, session, person, row, "ended" if begun else "withdrawn")
        if not begun:
            session.delete(row)


def name_backup(desk: Desk, person: Person, identity: str, given: BackupIn) -> WatchOut:
    """Name who stands in on a watch, or nobody; it raises as `end` and `plan` do."""
    granted, now = require(person, Action.DUTY_KEEP), desk.store.clock()
    with recording(desk.store) as session:
        row = _held(session, person, granted, identity, now)
        row.backup_id = _backup(desk, session, row.user_id, given.backup)
        return _entered(desk, session, person, row, "backup")


def _sees_who(person: Person) -> bool:
    return may(person, Action.DUTY_KEEP) or may(person, Action.REGISTER_READ)


def _coming(session: Session, now: datetime) -> list[Duty]:
    query = select(Duty).where(Duty.ends_at > now).order_by(Duty.starts_at, Duty.id).limit(_SHOWN)
    return list(session.scalars(query))


def _shown(session: Session, rows: list[Duty], person: Person, now: datetime) -> list[WatchOut]:
    names = pseudonyms(session, (user for row in rows for user in (row.user_id, row.backup_id)))
    return [
        WatchOut(
            id=row.id,
            who=names[row.user_id],
            backup=names.get(row.backup_id or ""),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            now=row.starts_at <= now < row.ends_at,
            mine=row.user_id == person.id,
        )
        for row in rows
    ]


def _hour(text: str) -> time:
    hours, minutes = re.split("[:h]", text)
    return time(int(hours), int(minutes))


def _check_hours(given: WatchIn, now: datetime) -> None:
    if given.ends_at <= given.starts_at:
        raise BadInput("It ends before it begins.", code="hours_reversed", field="ends_at")
    if given.starts_at < now - _LATE or given.ends_at <= now:
        raise BadInput("A watch does not begin in the past.", code="watch_past", field="starts_at")
    if given.ends_at - given.starts_at > MOST:
        raise BadInput("A watch lasts a day at most.", code="watch_long", field="ends_at")
    if given.starts_at > now + AHEAD:
        raise BadInput(f"A watch is planned {AHEAD.days} days ahead at most.", code="watch_far", field="starts_at")


def _who(desk: Desk, session: Session, person: Person, granted: Reach, pseudonym: str) -> str:
    """Return the id of whose watch it is to be."""
    if pseudonym in ("", person.pseudonym):
        pseudonym = person.pseudonym
    elif granted is Reach.OWN:
        raise NotAllowed("You keep your own watches only.")
    return _able_named(desk, session, pseudonym, "person")


def _backup(desk: Desk, session: Session, user: str, pseudonym: str) -> str | None:
    if not pseudonym:
        return None
    backup = _able_named(desk, session, pseudonym, "backup")
    if backup == user:
        raise BadInput("Nobody stands in for themselves.", code="own_backup", field="backup")
    return backup


def _able_named(desk: Desk, session: Session, pseudonym: str, field: str) -> str:
    people = able(session, desk.store.settings, desk.store.clock()).values()
    found = next((user.id for user in people if user.pseudonym == pseudonym), None)
    if found is None:  # the same for a pseudonym that nobody has
        raise BadInput("Nobody of this pseudonym can be on duty.", code="cannot_watch", field=field)
    return found


def _require_free(session: Session, row: Duty) -> None:
    """Raise `Overlap` if its person has another watch in its hours; the person's watches are held."""
    hold(session, [f"duty:{row.user_id}"])
    own = select(Duty).where(Duty.user_id == row.user_id, Duty.starts_at < row.ends_at, Duty.ends_at > row.starts_at)
    other = session.scalar(own.order_by(Duty.starts_at).limit(1))
    if other is not None:
        raise Overlap.with_watch(other.starts_at, other.ends_at)


def _held(session: Session, person: Person, granted: Reach, identity: str, now: datetime) -> Duty:
    query = select(Duty).where(Duty.id == identity)
    if granted is Reach.OWN:
        query = query.where(Duty.user_id == person.id)
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NotFound("No such watch.")
    if row.ends_at <= now:
        raise Conflict("This watch is over.", code="watch_over")
    return row


def _entered(desk: Desk, session: Session, person: Person, row: Duty, act: str) -> WatchOut:
    """Enter what was done with a watch, and return it."""
    shown = _shown(session, [row], person, desk.store.clock())[0]
    public = {
        "duty": row.id,
        "act": act,
        "who": shown.who,
        "backup": shown.backup,
        "from": row.starts_at.isoformat(timespec="seconds"),
        "until": row.ends_at.isoformat(timespec="seconds"),
    }
    enter(session, desk.store, person, Event.DUTY_TAKEN, public)
    return shown
