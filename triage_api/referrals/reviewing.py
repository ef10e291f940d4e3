"""Looking again, after: what one person disclosed alone is reviewed by somebody who had no part in it.

A referral that one person sent, and an answer that told something about the youth.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotAllowed, NotFound
from store.register import Event
from store.store import Store
from store.tables import Disclosure, Organisation, Referral, Request
from triage_api.access.models import Finding, Person
from triage_api.access.policy import Action, require
from triage_api.grounds.catalogue import GROUNDS, IDENTIFYING
from triage_api.referrals.alone import had_part
from triage_api.referrals.held import said_of
from triage_api.referrals.models import ReviewIn, ReviewLine, ReviewOut, ReviewPage
from triage_api.referrals.sealing import opened
from triage_api.referrals.showing import pseudonym_of
from triage_api.requests.answers import answer_of
from triage_api.requests.sealing import key_of
from triage_api.shell.recording import enter, recording

_SHOWN = 200
_MADE_ALONE = (Referral.alone, Referral.sent_at.is_not(None))
_TOLD_ALONE = (Request.review_due_at.is_not(None),)
Lone = Referral | Request
"""What one person disclosed alone."""


def list_reviews(store: Store, person: Person) -> ReviewPage:
    """Return what was disclosed by one person alone: first what waits, soonest due first; nothing of what was told."""
    require(person, Action.REFERRAL_REVIEW)
    with store.database.reading() as session:
        rows: list[Lone] = [*_soonest(session, Referral, *_MADE_ALONE), *_soonest(session, Request, *_TOLD_ALONE)]
        rows.sort(key=lambda row: (row.reviewed_at is not None, row.review_due_at, row.id))
        return ReviewPage(items=[ReviewLine(**_line(session, person, row, store.clock())) for row in rows[:_SHOWN]])


def read_review(store: Store, person: Person, identity: str) -> ReviewOut:
    """Return a disclosure with what its ground asked for, once that is entered; never what was told.

    `NotFound` for one that two people made, or that was not sent.
    """
    require(person, Action.REFERRAL_REVIEW)
    with recording(store) as session:
        row = _found(session, identity)
        facts = _facts(session, store, row)
        event = Event.REFERRAL_OPENED if isinstance(row, Referral) else Event.REQUEST_OPENED
        enter(session, store, person, event, _said(row) | {"review": True})
        return ReviewOut(**_line(session, person, row, store.clock()), facts=facts)


def review(store: Store, person: Person, identity: str, given: ReviewIn) -> ReviewLine:
    """Record what was found of a disclosure; the note stands sealed in the register.

    `NotAllowed` (``second_person``) for one's own, `Conflict` (``reviewed``) for a second review.
    """
    require(person, Action.REFERRAL_REVIEW)
    now = store.clock()
    with recording(store) as session:
        row = _found(session, identity)
        if person.id in had_part(row):
            raise NotAllowed("Nobody reviews what they disclosed themselves.", code="second_person")
        if row.reviewed_at is not None:
            raise Conflict("This was reviewed already.", code="reviewed")
        row.reviewed_by, row.reviewed_at, row.finding = person.id, now, given.finding
        note = store.keys.sealed(given.note, f"referral-review:{row.id}")
        enter(session, store, person, Event.REFERRAL_REVIEWED, _said(row) | {"finding": given.finding}, note)
        return ReviewLine(**_line(session, person, row, now))


def _soonest(session: Session, table: type[Lone], *alone: Any) -> list[Lone]:
    order = table.reviewed_at.is_not(None), table.review_due_at, table.id
    return list(session.scalars(select(table).where(*alone).order_by(*order).limit(_SHOWN)))


def _found(session: Session, identity: str) -> Lone:
    made = select(Referral).where(Referral.id == identity, *_MADE_ALONE)
    told = select(Request).where(Request.id == identity, *_TOLD_ALONE)
    row = session.scalar(made.with_for_update()) or session.scalar(told.with_for_update())
    if row is None:
        raise NotFound("No such disclosure.")
    return row


def _facts(session: Session, store: Store, row: Lone) -> dict[str, str]:
    """Return what its ground asked for; nothing once it is erased."""
    if isinstance(row, Referral):
        return opened(session, store, row)[0].facts if row.sealed else {}
    with suppress(NotFound):
        said = answer_of(key_of(session, store, row), row)
        return said.basis.facts if said and said.basis else {}
    return {}


def _said(row: Lone) -> dict[str, Any]:
    return said_of(row) if isinstance(row, Referral) else {"request": row.id}


def _line(session: Session, person: Person, row: Lone, now: datetime) -> dict[str, Any]:
    waits = row.reviewed_at is None
    told = _of_referral(row) if isinstance(row, Referral) else _of_answer(session, row)
    return {
        "id": row.id,
        **told,
        "law": GROUNDS[told["ground"]].law if told["ground"] in GROUNDS else told["ground"],
        "organisation": _name(session, row.organisation_id),
        "sent_by": pseudonym_of(session, told["sent_by"]),
        "review_due_at": row.review_due_at,
        "late": waits and row.review_due_at is not None and row.review_due_at <= now,
        "mine": person.id in had_part(row),
        "reviewed_at": row.reviewed_at,
        "reviewed_by": pseudonym_of(session, row.reviewed_by),
        "finding": cast("Finding | None", row.finding or None),
    }


def _of_referral(row: Referral) -> dict[str, Any]:
    told = {"ground": row.ground, "fields": row.fields, "stage": row.stage}
    return told | {"sent_at": row.sent_at, "sent_by": row.approved_by}


def _of_answer(session: Session, row: Request) -> dict[str, Any]:
    """Return what the ledger says of an answer: it is told once."""
    lines = select(Disclosure).where(Disclosure.about == row.id, Disclosure.kind.in_(("answer", "call")))
    line = session.scalars(lines.order_by(Disclosure.id).limit(1)).one()
    stage = "plain" if IDENTIFYING.isdisjoint(line.fields) else "named"
    told = {"ground": line.ground, "fields": line.fields, "stage": stage}
    return told | {"sent_at": row.answered_at, "sent_by": row.answered_by}


def _name(session: Session, organisation: str | None) -> str:
    """Return an organisation's name; empty for who telephoned and stands in no directory."""
    return session.get_one(Organisation, organisation).name if organisation else ""
