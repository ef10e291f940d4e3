"""Whether what an e-mail would tell of is still so: one that is not is never sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from store.tables import Consent, Meeting, MeetingPart, Notice, Pivot, Referral, Request, Subject
from triage_api.consents.covering import in_force


def still_true(session: Session, notice: Notice, now: datetime) -> bool:
    """Tell whether a notice still has something to tell of; False for one about what is not there any more."""
    query = _QUERIES[notice.kind](notice, now)
    return session.scalar(query.limit(1)) is not None


def _sent(notice: Notice, now: datetime) -> Select[Any]:
    return select(Referral.id).where(Referral.id == notice.about, Referral.state == "sent", _agreed(now))


def _under_way(notice: Notice, now: datetime) -> Select[Any]:
    going = Referral.state.in_(("sent", "acknowledged"))
    return select(Referral.id).where(Referral.id == notice.about, going, _agreed(now))


def _agreed(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a referral rests on no consent, or on one that is in force: else nobody can read it."""
    given = select(Consent.id).join(Subject, Subject.id == Consent.subject_id)
    return or_(Referral.consent_id.is_(None), given.where(Consent.id == Referral.consent_id, in_force(now)).exists())


def _taken_back(notice: Notice, _now: datetime) -> Select[Any]:
    """Return a query for a consent that was taken back, and of which the pivot was told something."""
    return select(Consent.id).where(Consent.id == notice.about, Consent.withdrawn_at.is_not(None))


def _withdrawn(notice: Notice, _now: datetime) -> Select[Any]:
    """Return a query for a referral that was taken back after its pivot could read it."""
    return select(Referral.id).where(Referral.id == notice.about, Referral.taken_back_at.is_not(None))


def _request(notice: Notice, _now: datetime) -> Select[Any]:
    kept = select(Request.id).join(Subject, Subject.id == Request.subject_id)
    return kept.where(Request.id == notice.about, Subject.erased_at.is_(None))


def _meeting(notice: Notice, now: datetime) -> Select[Any]:
    """Return a query for the part that the pivot's organisation has in a meeting and has not answered."""
    mine = select(MeetingPart.meeting_id).join(Meeting, Meeting.id == MeetingPart.meeting_id)
    mine = mine.join(Pivot, Pivot.organisation_id == MeetingPart.organisation_id)
    asked = Meeting.id == notice.about, Pivot.id == notice.pivot_id, MeetingPart.answer == ""
    return mine.where(*asked, Meeting.ended_at.is_(None), Meeting.ends_at > now)


_QUERIES: Mapping[str, Callable[[Notice, datetime], Select[Any]]] = {
    "referral": _sent,
    "reminder": _under_way,
    "withdrawn": _withdrawn,
    "answered": _request,
    "message": _request,
    "runaway": _request,
    "majority": _request,
    "meeting": _meeting,
    "taken_back": _taken_back,
}
