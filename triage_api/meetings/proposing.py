"""Proposing a meeting: one act tells every pivot, writes the ledger and asks for the notices, or none of it is done.

Where it needs two people it waits first, without a part for anybody: nobody outside the desk can know of it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.register import Event
from store.store import Store
from store.tables import Meeting, MeetingPart
from triage_api.access.glass.second import second_person
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.ledger.writing import write_line
from triage_api.meetings.checking import Cleared, cleared
from triage_api.meetings.erasing import key_name
from triage_api.meetings.models import ConfirmIn, MeetingIn
from triage_api.notices.queueing import notify
from triage_api.shell.recording import enter, recording

LASTS = timedelta(days=30)
"""So long a meeting is shown outside the desk."""


class Inside(BaseModel):
    """What a meeting's seal holds: why, for the desk, what the ground asked for, and whom the pivots call."""

    why: str
    call: str
    facts: dict[str, str]
    pivots: list[str]


def propose(store: Store, person: Person, given: MeetingIn) -> str:
    """Propose a meeting, or ask for it where it needs a second person; return its id. It raises as `cleared` does."""
    require(person, Action.MEETING_PROPOSE)
    now = store.clock()
    with recording(store) as session:
        clear = cleared(session, store, given.requests, given.pivots, given.ground, given.facts)
        row = Meeting(id=f"m-{secrets.token_hex(10)}", requests=sorted(given.requests), ground=given.ground)
        inside = Inside(why=given.why, call=given.call, facts=given.facts, pivots=given.pivots)
        row.sealed = store.keys.sealed(inside.model_dump_json(), key_name(row.id))
        row.proposed_by, row.proposed_at, row.ends_at = person.id, now, now + LASTS
        session.add(row)
        session.flush()
        if clear.people == 1:
            _tell(session, store, person, row, clear, alone=False)
        else:
            enter(session, store, person, Event.MEETING_PROPOSED, {"meeting": row.id, "act": "asked"})
    return row.id


def confirm(store: Store, person: Person, identity: str, given: ConfirmIn) -> None:
    """Let a meeting go on that somebody else asked for, all that it stands on looked at anew.

    `NotAllowed` (``second_person``) for whoever asked, within the profile's hours; `Conflict` (``meeting_state``) if it
    does not wait any more.
    """
    require(person, Action.MEETING_PROPOSE)
    with recording(store) as session:
        row = _held(session, identity)
        if row.ended_at is not None or is_told(session, identity) or row.ends_at <= store.clock():
            raise Conflict("This meeting does not wait any more.", code="meeting_state")
        inside = inside_of(store, row)
        if inside is None:
            raise NotFound("No such meeting.")
        clear = cleared(session, store, row.requests, inside.pivots, row.ground, inside.facts)
        act = Event.MEETING_PROPOSED.value
        alone = not second_person(
            store, session, person, first=row.proposed_by, asked_at=row.proposed_at, act=act, reason=given.reason
        )
        row.ends_at = store.clock() + LASTS
        _tell(session, store, person, row, clear, alone=alone)


def end(store: Store, person: Person, identity: str) -> None:
    """End a meeting now: no pivot is shown it any more. `Conflict` (``meeting_state``) if it has ended."""
    require(person, Action.MEETING_PROPOSE)
    with recording(store) as session:
        row = _held(session, identity)
        if row.ended_at is not None or row.ends_at <= store.clock():
            raise Conflict("This meeting has ended.", code="meeting_state")
        row.ended_at = store.clock()
        enter(session, store, person, Event.MEETING_PROPOSED, {"meeting": identity, "act": "ended"})


def inside_of(store: Store, row: Meeting) -> Inside | None:
    """Open what a meeting's seal holds; None once it was erased."""
    try:
        return Inside.model_validate_json(store.keys.opened(row.sealed, key_name(row.id))) if row.sealed else None
    except NotFound:
        return None


def is_told(session: Session, identity: str) -> bool:
    """Tell whether pivots were told of a meeting; else it waits for a second person."""
    return session.scalar(select(MeetingPart.meeting_id).where(MeetingPart.meeting_id == identity).limit(1)) is not None


def _held(session: Session, identity: str) -> Meeting:
    row = session.scalar(select(Meeting).where(Meeting.id == identity).with_for_update())
    if row is None:
        raise NotFound("No such meeting.")
    return row


def _tell(session: Session, store: Store, person: Person, row: Meeting, clear: Cleared, *, alone: bool) -> None:
    for guest in clear.guests:
        part = MeetingPart(meeting_id=row.id, organisation_id=guest.organisation.id, pivot_id=guest.pivot.id, answer="")
        session.add(part)
        notify(session, store, guest.pivot.id, "meeting", row.id)
    session.flush()
    public = {"meeting": row.id, "act": "proposed", **({"alone": True} if alone else {})}
    for guest in clear.guests:
        for subject in sorted(set(clear.subjects.values())):
            write_line(
                session,
                store,
                person,
                kind="meeting",
                about=row.id,
                subject=subject,
                organisation=guest.organisation.id,
                pivot=guest.pivot.id,
                ground=row.ground,
                consent=guest.consents.get(subject),
                fields=[],
                event=Event.MEETING_PROPOSED,
                public=public,
            )
