"""A referral as it is told: to the desk all of it, to its pivot what is theirs."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import Organisation, Pivot, Referral, User
from triage_api.access.models import Finding
from triage_api.consents.covering import still_given
from triage_api.grounds.catalogue import GROUNDS
from triage_api.referrals.models import DeskSide, Outcome, ReferralLine, ReferralOut, Stage, State
from triage_api.referrals.sealing import opened

_MOST_PEOPLE = 2


def shown(session: Session, store: Store, row: Referral, *, desk: bool) -> ReferralOut:
    """Return a referral, opened; `NotFound` once what it told is erased."""
    told, outcome = opened(session, store, row)
    return ReferralOut(
        **line(session, row, store.clock(), desk=desk).model_dump(),
        told=told.told,
        posts=row.posts,
        outcome_text=outcome,
        facts=told.facts if desk else {},
        desk=_desk_side(session, store, row) if desk else None,
    )


def line(session: Session, row: Referral, now: datetime, *, desk: bool) -> ReferralLine:
    """Return a referral without anything that it tells; what it is about, and since when, is the desk's to know."""
    ground = GROUNDS.get(row.ground)  # one that a later catalogue dropped is told by its code
    return ReferralLine(
        id=row.id,
        state=cast("State", row.state),
        stage=cast("Stage", row.stage),
        ground=row.ground,
        law=ground.law if ground else row.ground,
        urgent=ground is not None and ground.urgent,
        organisation=_name(session, row.organisation_id),
        lead=_name(session, row.lead_id),
        sent_at=row.sent_at,
        due_at=row.due_at,
        late=row.state == "sent" and row.due_at is not None and row.due_at <= now,
        acknowledged_at=row.acknowledged_at,
        outcome=cast("Outcome | None", row.outcome or None),
        outcome_at=row.outcome_at,
        request=row.request_id if desk else None,
        post=row.post_id if desk else None,
        created_at=row.created_at if desk else None,
    )


def pseudonym_of(session: Session, user: str | None) -> str:
    """Return somebody's pseudonym; empty for nobody."""
    return session.scalar(select(User.pseudonym).where(User.id == user)) or ""


def _desk_side(session: Session, store: Store, row: Referral) -> DeskSide:
    pivot = session.get_one(Pivot, row.pivot_id)
    return DeskSide(
        pivot=pivot.id,
        pivot_name=pivot.name,
        pivot_phone=pivot.phone,
        has_account=pivot.user_id is not None,
        people=GROUNDS[row.ground].people if row.ground in GROUNDS else _MOST_PEOPLE,
        created_by=pseudonym_of(session, row.created_by),
        approved_by=pseudonym_of(session, row.approved_by),
        approved_at=row.approved_at,
        alone=row.alone,
        review_due_at=row.review_due_at,
        reviewed_at=row.reviewed_at,
        finding=cast("Finding | None", row.finding or None),
        consent=row.consent_id,
        consent_holds=row.consent_id is None or still_given(session, store, row.consent_id),
        acknowledged_via=row.acknowledged_via,
        escalated_at=row.escalated_at,
    )


def _name(session: Session, organisation: str | None) -> str:
    return session.scalar(select(Organisation.name).where(Organisation.id == organisation)) or ""
