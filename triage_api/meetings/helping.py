"""Who already helps: organisations only, from what was acknowledged, consented to and asked. For the desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from store.register import Event
from store.store import Store
from store.tables import Consent, Organisation, Referral, Request, Subject
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.consents.covering import in_force
from triage_api.meetings.crossings import Cases, Crossing, Moved
from triage_api.meetings.models import By, CrossingOut, CrossingPage, HelperOut, HelpingOut, MovedOut
from triage_api.requests.sealing import require_kept
from triage_api.shell.recording import enter, recording

_TAKEN = ("acknowledged", "closed")


def crossings(store: Store, person: Person) -> CrossingPage:
    """Return where cases meet, and which moved between regions: by kind of thing, never by which."""
    require(person, Action.MEETING_PROPOSE)
    with store.database.reading() as session:
        cases = Cases(session, store)
        items = [_crossing(one) for one in cases.crossings()]
        return CrossingPage(items=items, moved=[_moved(one) for one in cases.moved()])


def helping(store: Store, person: Person, identity: str) -> HelpingOut:
    """Return who already helps the youth of a request and what the request meets, once its entry is in the register."""
    require(person, Action.MEETING_PROPOSE)
    with recording(store) as session:
        require_kept(session, identity)
        cases = Cases(session, store)
        out = HelpingOut(
            request=identity,
            helpers=_helpers(session, store, identity),
            crossings=[_crossing(one) for one in cases.crossings() if identity in one.requests],
            moved=[_moved(one) for one in cases.moved() if one.request == identity],
        )
        enter(session, store, person, Event.REQUEST_OPENED, {"request": identity, "what": "helping"})
    return out


def helping_among(session: Session, store: Store, requests: Collection[str]) -> dict[str, set[By]]:
    """Return the organisations that help the youth of one of some requests, by id, and how that is known.

    What was told on a consent that is in force no more tells nobody that its organisation helps.
    """
    found: dict[str, set[By]] = defaultdict(set)
    given = select(Consent.id).join(Subject, Subject.id == Consent.subject_id).where(in_force(store.clock()))
    agreed = or_(Referral.consent_id.is_(None), Referral.consent_id.in_(given))
    taken = Referral.request_id.in_(requests), Referral.state.in_(_TAKEN), agreed
    consented = select(Consent.organisation_id).where(Consent.request_id.in_(requests), Consent.id.in_(given))
    for by, query in (
        ("asks", select(Request.organisation_id).where(Request.id.in_(requests))),
        ("referral", select(Referral.organisation_id).where(*taken)),
        ("consent", consented),
    ):
        for organisation in session.scalars(query):
            if organisation:
                found[organisation].add(cast("By", by))
    return found


def _helpers(session: Session, store: Store, request: str) -> list[HelperOut]:
    found = helping_among(session, store, [request])
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(found)).order_by(Organisation.name))
    return [HelperOut(organisation=row.name, kind=row.kind, by=sorted(found[row.id])) for row in rows]


def _crossing(one: Crossing) -> CrossingOut:
    return CrossingOut(requests=list(one.requests), ways=list(one.ways), steps=one.steps)


def _moved(one: Moved) -> MovedOut:
    return MovedOut(request=one.request, regions=list(one.regions))
