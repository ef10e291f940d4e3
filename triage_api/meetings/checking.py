"""Whether a meeting may be proposed: a ground for each organisation, or the consent of each youth for each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict, NotFound
from store.store import Store
from store.tables import Consent, Disclosure, Organisation, Pivot, Request, Subject
from triage_api.consents.covering import in_force, still_given
from triage_api.directory.finding import organisation_named, pivot_to_tell
from triage_api.grounds.catalogue import Ground, check_ground
from triage_api.meetings.crossings import Cases, connected


@dataclass(frozen=True, slots=True)
class Guest:
    """A pivot who is to be told, and the consents, by subject, on which their organisation is."""

    pivot: Pivot
    organisation: Organisation
    consents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a meeting stands on now: the youths by request, the ground, whom it goes to, whether it needs two people."""

    subjects: Mapping[str, str]
    ground: Ground
    guests: list[Guest]
    people: int


def cleared(
    session: Session,
    store: Store,
    requests: Collection[str],
    pivots: Collection[str],
    ground: str,
    facts: Mapping[str, str],
) -> Cleared:
    """Return what a meeting stands on, the requests held.

    `BadInput` names the field: a request or pivot that there is not, fewer than two organisations, a ground or what it
    needs. `Conflict`: a pivot cannot be told now (``no_pivot``), a consent is missing (``no_consent``). It needs two
    people if its ground does, or if the cases do not hang together in two steps.
    """
    subjects = _subjects(session, requests)
    found = [_guest(session, store, pivot) for pivot in pivots]
    if len({organisation.id for _, organisation in found}) < max(len(found), 2):
        raise BadInput("Name one pivot of each of two organisations at least.", code="two_needed", field="pivots")
    grounds = [check_ground(ground, facts, organisation.kind) for _, organisation in found]
    guests = [
        Guest(pivot, organisation, _consents(session, store, subjects.values(), organisation, grounds[0]))
        for pivot, organisation in found
    ]
    near = len(requests) > 1 and connected(Cases(session, store).crossings(), requests)
    return Cleared(subjects, grounds[0], guests, grounds[0].people if near else 2)


def stands(session: Session, store: Store, meeting: str) -> bool:
    """Tell whether every consent that a meeting was proposed on is still given; asked anew at each reading."""
    query = select(Disclosure.consent_id).where(Disclosure.kind == "meeting", Disclosure.about == meeting).distinct()
    return all(still_given(session, store, consent) for consent in session.scalars(query).all() if consent)


def _subjects(session: Session, requests: Collection[str]) -> dict[str, str]:
    kept = select(Request).join(Subject, Subject.id == Request.subject_id).where(Subject.erased_at.is_(None))
    rows = session.scalars(kept.where(Request.id.in_(requests)).order_by(Request.id).with_for_update(of=Request))
    found = {row.id: row.subject_id for row in rows}
    if missing := set(requests) - found.keys():
        told = ", ".join(sorted(missing))[:200]
        raise BadInput(f"No such request: {told}.", code="unknown_request", field="requests")
    return found


def _guest(session: Session, store: Store, pivot: str) -> tuple[Pivot, Organisation]:
    try:
        found = pivot_to_tell(session, store, pivot)
    except NotFound:
        raise BadInput(
            "No pivot of this number stands in the directory.", code="unknown_pivot", field="pivots"
        ) from None
    return found, organisation_named(session, found.organisation_id)


def _consents(
    session: Session, store: Store, subjects: Collection[str], organisation: Organisation, ground: Ground
) -> dict[str, str]:
    """Return, by subject, the consent in force that lets an organisation be told anything; none where none is needed.

    A meeting tells no field of a youth: that there is something to meet about is less than the least of them.
    """
    if not ground.consent:
        return {}
    found = {}
    for subject in subjects:
        query = select(Consent.id).join(Subject, Subject.id == Consent.subject_id)
        named = Consent.subject_id == subject, Consent.organisation_id == organisation.id, in_force(store.clock())
        consent = session.scalar(query.where(*named).order_by(Consent.ends_at.desc(), Consent.id).limit(1))
        if consent is None:
            raise Conflict(f"A youth's consent for {organisation.name} is missing.", code="no_consent", field="ground")
        found[subject] = consent
    return found
