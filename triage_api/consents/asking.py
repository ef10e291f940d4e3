"""What the page of a request's consents shows: those that there are, and what the form for one more asks."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel
from sqlalchemy import select

from store.clock import house_day
from store.store import Store
from store.tables import Organisation
from triage_api.access.models import Person
from triage_api.access.policy import Action, may, require
from triage_api.consents.ages import ADULT, OWN_YES
from triage_api.consents.checking import last_day
from triage_api.consents.held import age_known, request_held
from triage_api.consents.models import GIVEN_BY, HOWS, ConsentOut
from triage_api.consents.service import list_consents
from triage_api.directory.finding import agreement_fields
from triage_api.directory.kinds import Kind
from triage_api.grounds.catalogue import FIELDS, fields_for

_MOST = 200


class Choice(BaseModel):
    """An organisation that may be told, once somebody said yes to it."""

    id: str
    name: str
    kind: Kind


class Asked(BaseModel):
    """What the page shows of a request: the youth stands nowhere on it."""

    request: str
    consents: list[ConsentOut]
    organisations: list[Choice]
    chosen: Choice | None
    fields: list[str]
    """What the chosen organisation may be told, by its kind and its agreement, least first."""
    narrowed: bool
    """Whether its agreement lets it be told less than others of its kind."""
    knows_age: bool
    """Whether the request tells the age, so that the form need not ask for it."""
    adult: bool
    young: bool
    """Under 14, by what is known: a parent or tutor says yes."""
    last_day: date | None
    """The last day that it may have, by what is known."""
    records: bool
    givers: tuple[str, ...] = GIVEN_BY
    hows: tuple[str, ...] = HOWS


def asked(store: Store, person: Person, identity: str, organisation: str) -> Asked:
    """Return what the page shows; `NotFound` for a request that the person may not see."""
    granted = require(person, Action.CONSENT_READ)
    consents = list_consents(store, person, request=identity, limit=_MOST).items
    today = house_day(store.clock())
    with store.database.reading() as session:
        row = request_held(session, person, granted, identity, held=False)
        known = age_known(session, store, row)
        current = select(Organisation).where(Organisation.ended_at.is_(None)).order_by(Organisation.name)
        there = [Choice.model_validate(one, from_attributes=True) for one in session.scalars(current)]
        chosen = next((one for one in there if one.id == organisation), None)
        least = fields_for(chosen.kind) if chosen else frozenset()
        agreed = agreement_fields(session, store, chosen.id) if chosen else None
    age = known.at(today) if known else None
    return Asked(
        request=identity,
        consents=consents,
        organisations=there,
        chosen=chosen,
        fields=[name for name in FIELDS if name in (least if agreed is None else least & agreed)],
        narrowed=agreed is not None and not least <= agreed,
        knows_age=known is not None,
        adult=age is not None and age >= ADULT,
        young=age is not None and age < OWN_YES,
        last_day=max(last_day(store, known, today), today) if known else None,
        records=may(person, Action.CONSENT_RECORD),
    )
