"""Who was told something on a consent that was taken back: for the desk, which calls them, and for each of themselves.

A pivot hears it by an e-mail without content and in the portal: that it was taken back, never by whom or why.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import Consent, Disclosure, Organisation, Pivot, Referral, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.consents.models import TakenBack, ToldOut, ToldPage
from triage_api.directory.finding import pivots_of_user
from triage_api.notices.queueing import notify

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
        .where(*_lately(store.clock()))
        .order_by(Consent.withdrawn_at.desc(), Disclosure.id)
        .limit(_MOST)
    )
    with store.database.reading() as session:
        return ToldPage(items=[_line(*found) for found in session.execute(query)])


def tell_pivots(session: Session, store: Store, consents: Collection[str]) -> None:
    """Ask for an e-mail to each pivot who was told something on consents that are taken back in this transaction."""
    told = select(Disclosure.consent_id, Disclosure.pivot_id).where(Disclosure.consent_id.in_(consents)).distinct()
    for consent, pivot in session.execute(told.order_by(Disclosure.consent_id, Disclosure.pivot_id)):
        if consent is not None and pivot is not None:
            notify(session, store, pivot, "taken_back", consent)


def taken_back(session: Session, store: Store, person: Person) -> list[TakenBack]:
    """Return what somebody was told as a pivot and must not use any more, newest first: when, and nothing of it.

    The youth took their consent back, or the desk what it had told.
    """
    pivots = [pivot.id for pivot in pivots_of_user(session, store, person.id)]
    gone = [*_without_consent(session, store, pivots), *_by_the_desk(session, store, pivots)]
    return sorted(gone, key=lambda one: (-one.taken_back_at.timestamp(), one.told_at, one.about))[:_MOST]


def _by_the_desk(session: Session, store: Store, pivots: Collection[str]) -> list[TakenBack]:
    lately = Referral.taken_back_at > store.clock() - _SHOWN
    query = select(Referral.id, Referral.sent_at, Referral.taken_back_at)
    query = query.where(Referral.pivot_id.in_(pivots), lately, Referral.sealed != b"")
    rows = session.execute(query.order_by(Referral.taken_back_at.desc(), Referral.id).limit(_MOST))
    return [TakenBack(about=about, told_at=sent, taken_back_at=at) for about, sent, at in rows if sent and at]


def _without_consent(session: Session, store: Store, pivots: Collection[str]) -> list[TakenBack]:
    query = select(Disclosure.about, Disclosure.at, Consent.withdrawn_at)
    query = query.join(Consent, Consent.id == Disclosure.consent_id).join(Subject, Subject.id == Consent.subject_id)
    query = query.where(Disclosure.pivot_id.in_(pivots), *_lately(store.clock())).distinct()
    rows = session.execute(query.order_by(Consent.withdrawn_at.desc(), Disclosure.at, Disclosure.about).limit(_MOST))
    return [TakenBack(about=about, told_at=told_at, taken_back_at=at) for about, told_at, at in rows if at]


def _lately(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Consent.withdrawn_at > now - _SHOWN, Subject.erased_at.is_(None)


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
