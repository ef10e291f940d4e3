"""Whom a person at the desk calls after a consent was taken back: those who were told something on it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from store.store import Store
from store.tables import Consent, Disclosure, Organisation, Pivot, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.consents.models import ToldOut, ToldPage

_SHOWN = timedelta(days=30)
"""After it, who was told stands in the ledger alone."""
_MOST = 200


def to_be_told(store: Store, person: Person) -> ToldPage:
    """Return whom to call because a consent was taken back in the last thirty days, newest first."""
    require(person, Action.REFERRAL_MAKE)
    query = (
        select(Consent, Disclosure, Organisation, Pivot)
        .join(Disclosure, Disclosure.consent_id == Consent.id)
        .join(Organisation, Organisation.id == Disclosure.organisation_id)
        .join(Subject, Subject.id == Consent.subject_id)
        .outerjoin(Pivot, Pivot.id == Disclosure.pivot_id)
        .where(Consent.withdrawn_at > store.clock() - _SHOWN, Subject.erased_at.is_(None))
        .order_by(Consent.withdrawn_at.desc(), Disclosure.id)
        .limit(_MOST)
    )
    with store.database.reading() as session:
        return ToldPage(items=[_line(*found) for found in session.execute(query)])


def _line(consent: Consent, line: Disclosure, organisation: Organisation, pivot: Pivot | None) -> ToldOut:
    assert consent.withdrawn_at is not None  # noqa: S101 - the query asks for it; for the type checker
    return ToldOut(
        consent=consent.id,
        request=consent.request_id,
        withdrawn_at=consent.withdrawn_at,
        organisation=organisation.name,
        organisation_phone=organisation.phone,
        pivot=pivot.name if pivot else "",
        pivot_phone=pivot.phone if pivot else "",
        fields=list(line.fields),
        told_at=line.at,
    )
