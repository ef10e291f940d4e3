"""Whether a request is still about a minor: asked at each reading, in its own transaction, never remembered.

Where a birth date was told, minority ends on that birthday. Where only an age was told, the birthday is some day of the
year after: people are reminded for its earliest day, so that somebody asks for the date in time, and what rests on
minority ends on its latest. Ending it on the earliest would take the request of a girl of 17 from whoever looks for her
the day after it was made; the overshoot, a year at most, is bounded by how long requests are kept at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import NotFound
from store.store import Store
from store.tables import Consent, Request, Subject
from triage_api.consents.ages import ADULT, Known
from triage_api.consents.covering import in_force
from triage_api.requests.models import Details
from triage_api.requests.sealing import details_of, key_name, opened


def known_of(row: Request, told: Details) -> Known | None:
    """Return what a request says of the youth's age; None: nothing."""
    if told.born is not None:
        return Known(born=told.born)
    return None if told.age is None else Known(age=told.age, told_on=house_day(row.created_at))


def is_adult(known: Known | None, day: date) -> bool:
    """Tell whether somebody is an adult for certain; of whom nothing is known it is not certain."""
    return known is not None and known.at(day) >= ADULT


def goes_on(session: Session, store: Store, subject: str, organisation: str | None = None) -> bool:
    """Tell whether somebody who is 18 has said yes to an organisation's being told, or to any's if none is named."""
    query = select(Consent.id).join(Subject, Subject.id == Consent.subject_id)
    query = query.where(Consent.subject_id == subject, Consent.adult.is_(True), in_force(store.clock()))
    if organisation is not None:
        query = query.where(Consent.organisation_id == organisation)
    return session.scalar(query.limit(1)) is not None


def lapsed(session: Session, store: Store, row: Request, organisation: str | None) -> bool:
    """Tell whether an organisation may read a request no more, because the youth turned 18 and did not say yes.

    Whoever stands in no directory was never named in a yes. `NotFound` once the subject is erased.
    """
    known = known_of(row, details_of(session, store, row))
    if not is_adult(known, house_day(store.clock())):
        return False
    return organisation is None or not goes_on(session, store, row.subject_id, organisation)


def read_on(session: Session, store: Store, request: str, organisation: str) -> bool:
    """Tell whether an organisation that was told something of a request may still read it, as `lapsed` has it.

    Of an erased subject nobody reads anything.
    """
    row = session.get_one(Request, request)
    try:
        return not lapsed(session, store, row, organisation)
    except NotFound:
        return False


def lapsed_among(session: Session, store: Store, rows: Sequence[Request]) -> set[str]:
    """Return the ids of those of some requests that who asked may read no more; the keyring is asked once."""
    keys, today = store.keys.keys(key_name(row.subject_id) for row in rows), house_day(store.clock())
    gone: set[str] = set()
    for row in rows:
        key = keys.get(key_name(row.subject_id))
        told = Details.model_validate_json(opened(key, row.sealed, f"request:{row.id}")) if key else None
        if told is None or (is_adult(known_of(row, told), today) and not _told_on(session, store, row)):
            gone.add(row.id)
    return gone


def _told_on(session: Session, store: Store, row: Request) -> bool:
    return row.organisation_id is not None and goes_on(session, store, row.subject_id, row.organisation_id)
