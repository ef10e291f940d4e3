"""Whether something may be told on a consent, at this moment: read in the caller's transaction, never remembered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import Consent, Subject


def consent_for(
    session: Session, store: Store, subject_id: str, organisation_id: str, fields: Collection[str]
) -> Consent | None:
    """Return a consent in force that lets an organisation be told all of some fields, the one that lasts longest.

    None if there is none, and for no fields at all.
    """
    named = Consent.subject_id == subject_id, Consent.organisation_id == organisation_id
    query = select(Consent).join(Subject, Subject.id == Consent.subject_id)
    query = query.where(*named, in_force(store.clock())).order_by(Consent.ends_at.desc(), Consent.id)
    wanted = set(fields)
    return next((row for row in session.scalars(query) if wanted and wanted.issubset(row.fields)), None)


def still_given(session: Session, store: Store, consent_id: str) -> bool:
    """Tell whether a consent is in force now; every reading of what rests on it asks this, in its own transaction."""
    query = select(Consent.id).join(Subject, Subject.id == Consent.subject_id)
    return session.scalar(query.where(Consent.id == consent_id, in_force(store.clock()))) is not None


def in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition, on consents joined with their subjects, that one holds now."""
    running = and_(Consent.starts_at <= now, Consent.ends_at > now)
    return and_(running, Consent.withdrawn_at.is_(None), Subject.erased_at.is_(None))
