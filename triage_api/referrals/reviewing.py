"""Looking again, after: what one person disclosed alone is reviewed by somebody who had no part in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotAllowed, NotFound
from store.register import Event
from store.store import Store
from store.tables import Organisation, Referral
from triage_api.access.models import Finding, Person
from triage_api.access.policy import Action, require
from triage_api.grounds.catalogue import GROUNDS
from triage_api.referrals.held import said_of
from triage_api.referrals.models import ReviewIn, ReviewLine, ReviewOut, ReviewPage, Stage
from triage_api.referrals.sealing import opened
from triage_api.referrals.showing import pseudonym_of
from triage_api.shell.recording import enter, recording

_SHOWN = 200
_MADE_ALONE = (Referral.alone, Referral.sent_at.is_not(None))


def list_reviews(store: Store, person: Person) -> ReviewPage:
    """Return what was disclosed by one person alone: first what waits, soonest due first; nothing of what was told."""
    require(person, Action.REFERRAL_REVIEW)
    order = Referral.reviewed_at.is_not(None), Referral.review_due_at, Referral.id
    with store.database.reading() as session:
        rows = session.scalars(select(Referral).where(*_MADE_ALONE).order_by(*order).limit(_SHOWN)).all()
        return ReviewPage(items=[ReviewLine(**_line(session, person, row, store.clock())) for row in rows])


def read_review(store: Store, person: Person, identity: str) -> ReviewOut:
    """Return a disclosure with what its ground asked for, once that is entered; never what was told.

    `NotFound` for one that two people made, that was not sent, or that is erased.
    """
    require(person, Action.REFERRAL_REVIEW)
    with recording(store) as session:
        row = _found(session, identity)
        facts = opened(session, store, row)[0].facts if row.sealed else {}
        enter(session, store, person, Event.REFERRAL_OPENED, said_of(row) | {"review": True})
        return ReviewOut(**_line(session, person, row, store.clock()), facts=facts)


def review(store: Store, person: Person, identity: str, given: ReviewIn) -> ReviewLine:
    """Record what was found of a disclosure; the note stands sealed in the register.

    `NotAllowed` (``second_person``) for one's own, `Conflict` (``reviewed``) for a second review.
    """
    require(person, Action.REFERRAL_REVIEW)
    now = store.clock()
    with recording(store) as session:
        row = _found(session, identity)
        if _is_own(person, row):
            raise NotAllowed("Nobody reviews what they disclosed themselves.", code="second_person")
        if row.reviewed_at is not None:
            raise Conflict("This was reviewed already.", code="reviewed")
        row.reviewed_by, row.reviewed_at, row.finding = person.id, now, given.finding
        note = store.keys.sealed(given.note, f"referral-review:{row.id}")
        enter(session, store, person, Event.REFERRAL_REVIEWED, said_of(row) | {"finding": given.finding}, note)
        return ReviewLine(**_line(session, person, row, now))


def _found(session: Session, identity: str) -> Referral:
    row = session.scalar(select(Referral).where(Referral.id == identity, *_MADE_ALONE).with_for_update())
    if row is None:
        raise NotFound("No such disclosure.")
    return row


def _is_own(person: Person, row: Referral) -> bool:
    return person.id in (row.created_by, row.approved_by)


def _line(session: Session, person: Person, row: Referral, now: datetime) -> dict[str, Any]:
    waits = row.reviewed_at is None
    return {
        "id": row.id,
        "ground": row.ground,
        "law": GROUNDS[row.ground].law if row.ground in GROUNDS else row.ground,
        "organisation": session.get_one(Organisation, row.organisation_id).name,
        "fields": row.fields,
        "stage": cast("Stage", row.stage),
        "sent_at": row.sent_at,
        "sent_by": pseudonym_of(session, row.approved_by),
        "review_due_at": row.review_due_at,
        "late": waits and row.review_due_at is not None and row.review_due_at <= now,
        "mine": _is_own(person, row),
        "reviewed_at": row.reviewed_at,
        "reviewed_by": pseudonym_of(session, row.reviewed_by),
        "finding": cast("Finding | None", row.finding or None),
    }
