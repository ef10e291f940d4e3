"""Reading meetings: the desk all of them, a pivot the little that concerns them, while it stands.

To a pivot, a meeting that is not theirs, has ended, rests on a consent that was withdrawn, or never was is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from store.errors import NotFound
from store.register import Event
from store.store import Store
from store.tables import Meeting, MeetingPart, Organisation, Pivot, User
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.directory.finding import pivots_of_user
from triage_api.meetings.checking import stands
from triage_api.meetings.helping import helping_among
from triage_api.meetings.models import (
    Answer,
    AnsweredOut,
    AnswerIn,
    By,
    InvitationOut,
    InvitationPage,
    MeetingLine,
    MeetingOut,
    MeetingPage,
    PartOut,
    State,
)
from triage_api.meetings.proposing import inside_of, is_told
from triage_api.shell.recording import enter, recording

_SHOWN = 200
Part = tuple[MeetingPart, Organisation, Pivot]


def list_meetings(store: Store, person: Person) -> MeetingPage:
    """Return all meetings, the newest first, for the desk."""
    require(person, Action.MEETING_PROPOSE)
    with store.database.reading() as session:
        rows = session.scalars(select(Meeting).order_by(Meeting.proposed_at.desc(), Meeting.id).limit(_SHOWN)).all()
        return MeetingPage(items=[_line(session, store, person, row) for row in rows])


def read_meeting(store: Store, person: Person, identity: str) -> MeetingOut:
    """Return a meeting with why it was proposed and what the pivots answered, for the desk."""
    require(person, Action.MEETING_PROPOSE)
    with store.database.reading() as session:
        row = session.get(Meeting, identity)
        if row is None:
            raise NotFound("No such meeting.")
        inside, helping = inside_of(store, row), helping_among(session, store, row.requests)
        parts = [_answered(one, helping) for one in _parts(session, identity)]
        line = _line(session, store, person, row)
        why, call = (inside.why, inside.call) if inside else ("", "")
        return MeetingOut(**line.model_dump(), why=why, call=call, parts=parts)


def invitations(store: Store, person: Person) -> InvitationPage:
    """Return the meetings that are proposed to somebody as a pivot now, those that end last first."""
    require(person, Action.MEETING_ANSWER)
    with store.database.reading() as session:
        mine = _mine(session, store, person)
        query = select(Meeting).where(Meeting.id.in_(mine), *_open(store.clock()))
        rows = session.scalars(query.order_by(Meeting.ends_at.desc(), Meeting.id)).all()
        items = [_invitation(session, store, row, mine[row.id]) for row in rows if stands(session, store, row.id)]
    return InvitationPage(items=items)


def read_invitation(store: Store, person: Person, identity: str) -> InvitationOut:
    """Return a meeting that is proposed to somebody as a pivot; `NotFound` for any other."""
    require(person, Action.MEETING_ANSWER)
    with store.database.reading() as session:
        return _invitation(session, store, *_own(session, store, person, identity))


def answer(store: Store, person: Person, identity: str, given: AnswerIn) -> InvitationOut:
    """Answer a meeting for one's organisation, as often as one changes one's mind while it stands."""
    require(person, Action.MEETING_ANSWER)
    with recording(store) as session:
        row, part = _own(session, store, person, identity, hold=True)
        part.answer, part.answered_at = given.answer, store.clock()
        session.flush()
        said = {"meeting": row.id, "organisation": part.organisation_id, "pivot": part.pivot_id}
        enter(session, store, person, Event.MEETING_ANSWERED, said | {"answer": given.answer})
        return _invitation(session, store, row, part)


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Meeting.ended_at.is_(None), Meeting.ends_at > now, Meeting.sealed != b"")


def _mine(session: Session, store: Store, person: Person) -> dict[str, MeetingPart]:
    """Return the parts that somebody answers for, by meeting: the first of theirs where they speak for several."""
    pivots = [pivot.id for pivot in pivots_of_user(session, store, person.id)]
    rows = session.scalars(select(MeetingPart).where(MeetingPart.pivot_id.in_(pivots)))
    order = {pivot: place for place, pivot in enumerate(pivots)}
    return {row.meeting_id: row for row in sorted(rows, key=lambda row: -order[row.pivot_id])}


def _own(
    session: Session, store: Store, person: Person, identity: str, *, hold: bool = False
) -> tuple[Meeting, MeetingPart]:
    part = _mine(session, store, person).get(identity)
    query = select(Meeting).where(Meeting.id == identity, *_open(store.clock()))
    row = session.scalar(query.with_for_update() if hold else query)
    if part is None or row is None or not stands(session, store, identity):
        raise NotFound("No such meeting.")
    return row, part


def _parts(session: Session, identity: str) -> list[Part]:
    query = select(MeetingPart, Organisation, Pivot)
    query = query.join(Organisation, Organisation.id == MeetingPart.organisation_id)
    query = query.join(Pivot, Pivot.id == MeetingPart.pivot_id).where(MeetingPart.meeting_id == identity)
    return [
        (part, organisation, pivot) for part, organisation, pivot in session.execute(query.order_by(Organisation.name))
    ]


def _helps(helping: Mapping[str, set[By]], organisation: str) -> bool:
    """Tell whether an organisation acknowledged something or may be told by consent; that it asked is told nobody."""
    return bool(helping.get(organisation, set()) - {"asks"})


def _answered(one: Part, helping: Mapping[str, set[By]]) -> AnsweredOut:
    part, organisation, pivot = one
    return AnsweredOut(
        organisation=organisation.name,
        helps=_helps(helping, organisation.id),
        pivot=pivot.name,
        answer=cast("Answer", part.answer) if part.answer else None,
        answered_at=part.answered_at,
    )


def _invitation(session: Session, store: Store, row: Meeting, mine: MeetingPart) -> InvitationOut:
    inside, helping = inside_of(store, row), helping_among(session, store, row.requests)
    if inside is None:
        raise NotFound("No such meeting.")
    parts = _parts(session, row.id)
    return InvitationOut(
        id=row.id,
        organisations=[PartOut(organisation=one.name, helps=_helps(helping, one.id)) for _, one, _ in parts],
        mine=next(one.name for part, one, _ in parts if part.organisation_id == mine.organisation_id),
        call=inside.call,
        answer=cast("Answer", mine.answer) if mine.answer else None,
        proposed_at=row.proposed_at,
        ends_at=row.ends_at,
    )


def _line(session: Session, store: Store, person: Person, row: Meeting) -> MeetingLine:
    return MeetingLine(
        id=row.id,
        state=_state(session, row, store.clock()),
        ground=row.ground,
        requests=row.requests,
        proposed_by=session.scalar(select(User.pseudonym).where(User.id == row.proposed_by)) or "",
        proposed_at=row.proposed_at,
        ends_at=row.ends_at,
        mine=row.proposed_by == person.id,
    )


def _state(session: Session, row: Meeting, now: datetime) -> State:
    if row.ended_at is not None or row.ends_at <= now:
        return "ended"
    return "proposed" if is_told(session, row.id) else "asked"
