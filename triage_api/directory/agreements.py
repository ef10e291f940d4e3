"""Agreements: what an organisation may be told, and until when. Added, changed, ended; never deleted."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import Conflict, NotFound
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import Agreement, Organisation
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.directory.checking import check_agreement
from triage_api.directory.models import AgreementChange, AgreementIn, AgreementOut, OrganisationOut
from triage_api.directory.service import LOCK, assign
from triage_api.directory.telling import agreement_out, whole
from triage_api.shell.recording import enter, recording


def make_agreement(desk: Desk, person: Person, given: AgreementIn) -> AgreementOut:
    """Add an agreement; `BadForm` names every field that cannot be, `NotFound` an organisation that is not there."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        hold(session, [LOCK])
        organisation = session.get(Organisation, given.organisation)
        if organisation is None:
            raise NotFound("No such organisation.")
        return _told(desk, add_agreement(desk.store, session, person, organisation, given))


def read_agreement(desk: Desk, person: Person, identity: str) -> tuple[OrganisationOut, AgreementOut]:
    """Return an agreement and its organisation, to be changed."""
    require(person, Action.DIRECTORY_KEEP)
    with desk.store.database.reading() as session:
        row = _found(session.get(Agreement, identity))
        organisation = session.get_one(Organisation, row.organisation_id)
        return whole(desk.store, session, person, organisation), _told(desk, row)


def change_agreement(desk: Desk, person: Person, identity: str, given: AgreementChange) -> AgreementOut:
    """Write an agreement anew; it raises as `make_agreement` does."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        organisation = session.get_one(Organisation, row.organisation_id)
        set_agreement(desk.store, session, person, organisation, row, given)
        return _told(desk, row)


def end_agreement(desk: Desk, person: Person, identity: str) -> AgreementOut:
    """End an agreement now: from here on nothing is told under it."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        row.ended_at = desk.store.clock()
        _enter(session, desk.store, person, row, "ended")
        return _told(desk, row)


def add_agreement(
    store: Store, session: Session, person: Person, organisation: Organisation, given: AgreementChange
) -> Agreement:
    """Add an agreement in the caller's transaction."""
    if organisation.ended_at is not None:
        raise Conflict("This organisation has ended.", code="organisation_ended")
    check_agreement(store, organisation, given)
    row = Agreement(id=f"a-{secrets.token_hex(10)}", organisation_id=organisation.id, **_values(given))
    session.add(row)
    session.flush()
    _enter(session, store, person, row, "made")
    return row


def set_agreement(
    store: Store,
    session: Session,
    person: Person,
    organisation: Organisation,
    row: Agreement,
    given: AgreementChange,
) -> list[str]:
    """Write an agreement anew in the caller's transaction; return which fields are different now."""
    check_agreement(store, organisation, given)
    changed = assign(row, _values(given))
    if changed:
        _enter(session, store, person, row, "changed", changed)
    return changed


def _values(given: AgreementChange) -> dict[str, object]:
    return given.model_dump(include={"title", "signed_on", "ends_on", "fields"})


def _told(desk: Desk, row: Agreement) -> AgreementOut:
    return agreement_out(row, today=house_day(desk.store.clock()))


def _held(session: Session, identity: str) -> Agreement:
    hold(session, [LOCK])
    row = _found(session.get(Agreement, identity, with_for_update=True))
    if row.ended_at is not None:
        raise Conflict("This agreement has ended: add a new one.", code="agreement_ended")
    return row


def _found(row: Agreement | None) -> Agreement:
    if row is None:
        raise NotFound("No such agreement.")
    return row


def _enter(
    session: Session, store: Store, person: Person, row: Agreement, act: str, changed: list[str] | None = None
) -> None:
    said = {"agreement": row.id, "organisation": row.organisation_id, "act": act}
    enter(session, store, person, Event.AGREEMENT_CHANGED, said | ({"changed": changed} if changed else {}))
