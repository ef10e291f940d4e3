"""The organisations of the directory: listed, read, written, confirmed, ended. Each change is an entry of ids."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from nlp.fold import fold
from store.errors import Conflict, NotFound
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import Agreement, Organisation, Pivot
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.directory.checking import check_organisation
from triage_api.directory.models import Filters, OrganisationIn, OrganisationOut, OrganisationPage
from triage_api.directory.opening import open_now
from triage_api.directory.telling import lines, whole
from triage_api.shell.cursors import unwrap, wrap
from triage_api.shell.recording import enter, recording

LOCK = "directory"
"""Held by whoever writes in the directory: no two organisations of one name, no account at two of them."""


def list_organisations(
    desk: Desk, person: Person, given: Filters, *, cursor: str | None = None, limit: int = 200
) -> OrganisationPage:
    """Return organisations by name. Of those that are to be open, what is of unknown hours is listed too."""
    require(person, Action.DIRECTORY_READ)
    after = unwrap(cursor, str, str) if cursor is not None else None
    with desk.store.database.reading() as session:
        rows = sorted(session.scalars(_asked(given)), key=_place)
        fitting = [row for row in rows if _fits(desk.store, row, given) and (after is None or _place(row) > after)]
        items = lines(desk.store, session, person, fitting[:limit])
    more = len(fitting) > limit
    return OrganisationPage(items=items, next=wrap(*_place(fitting[limit - 1])) if more else None)


def read_organisation(desk: Desk, person: Person, identity: str) -> OrganisationOut:
    """Return an organisation, also one that has ended; `NotFound` if there is none."""
    require(person, Action.DIRECTORY_READ)
    with desk.store.database.reading() as session:
        return whole(desk.store, session, person, _found(session.get(Organisation, identity)))


def make_organisation(desk: Desk, person: Person, given: OrganisationIn) -> OrganisationOut:
    """Add an organisation; `BadForm` names every field that cannot be."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        hold(session, [LOCK])
        row = add_organisation(desk.store, session, person, given)
        return whole(desk.store, session, person, row)


def change_organisation(desk: Desk, person: Person, identity: str, given: OrganisationIn) -> OrganisationOut:
    """Write an organisation anew, which also says that it is so now; it raises as `make_organisation` does."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        _require_current(row)
        set_organisation(desk.store, session, person, row, given)
        return whole(desk.store, session, person, row)


def confirm_organisation(desk: Desk, person: Person, identity: str) -> OrganisationOut:
    """Say that all is still so; one that has ended is there again, its pivots and agreements are not."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        act = "confirmed" if row.ended_at is None else "resumed"
        row.ended_at = None
        confirm(desk.store, person, row)
        enter_organisation(session, desk.store, person, row, act)
        return whole(desk.store, session, person, row)


def end_organisation(desk: Desk, person: Person, identity: str) -> OrganisationOut:
    """End an organisation with its pivots and agreements; nothing is deleted, what was told to it names it."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        _require_current(row)
        row.ended_at = desk.store.clock()
        enter_organisation(session, desk.store, person, row, "ended")
        _end_all(desk.store, session, person, row)
        return whole(desk.store, session, person, row)


def add_organisation(store: Store, session: Session, person: Person, given: OrganisationIn) -> Organisation:
    """Add an organisation in the caller's transaction."""
    check_organisation(session, given)
    row = Organisation(id=f"o-{secrets.token_hex(10)}", **given.model_dump())
    confirm(store, person, row)
    session.add(row)
    session.flush()
    enter_organisation(session, store, person, row, "made")
    return row


def set_organisation(
    store: Store, session: Session, person: Person, row: Organisation, given: OrganisationIn
) -> list[str]:
    """Write an organisation anew in the caller's transaction; return which fields are different now."""
    check_organisation(session, given, row.id)
    changed = assign(row, given.model_dump())
    confirm(store, person, row)
    enter_organisation(session, store, person, row, "changed" if changed else "confirmed", changed)
    return changed


def assign(row: Organisation | Pivot | Agreement, values: dict[str, Any]) -> list[str]:
    """Set the fields of a row; return those that are different now."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def confirm(store: Store, person: Person, row: Organisation | Pivot) -> None:
    """Note that somebody has asked, now, and who."""
    row.confirmed_at, row.confirmed_by = store.clock(), person.pseudonym


def enter_organisation(
    session: Session, store: Store, person: Person, row: Organisation, act: str, changed: list[str] | None = None
) -> None:
    """Enter what was done with an organisation, and which of its fields are different, never what they say."""
    said = {"organisation": row.id, "act": act} | ({"changed": changed} if changed else {})
    enter(session, store, person, Event.ORGANISATION_CHANGED, said)


def _asked(given: Filters) -> Any:
    query = select(Organisation)
    if given.kind:
        query = query.where(Organisation.kind == given.kind)
    if given.age is not None:
        query = query.where(or_(Organisation.ages_from.is_(None), Organisation.ages_from <= given.age))
        query = query.where(or_(Organisation.ages_to.is_(None), Organisation.ages_to >= given.age))
    return query if given.ended else query.where(Organisation.ended_at.is_(None))


def _fits(store: Store, row: Organisation, given: Filters) -> bool:
    there = not given.region or not row.regions or given.region in row.regions
    return there and not (given.open and open_now(row.hours, store.clock()) is False)


def _place(row: Organisation) -> tuple[str, str]:
    return fold(row.name).text, row.id


def _held(session: Session, identity: str) -> Organisation:
    hold(session, [LOCK])
    return _found(session.get(Organisation, identity, with_for_update=True))


def _found(row: Organisation | None) -> Organisation:
    if row is None:
        raise NotFound("No such organisation.")
    return row


def _require_current(row: Organisation) -> None:
    if row.ended_at is not None:
        raise Conflict("This organisation has ended: say first that it is there again.", code="organisation_ended")


def _end_all(store: Store, session: Session, person: Person, row: Organisation) -> None:
    now = store.clock()
    for pivot in session.scalars(select(Pivot).where(Pivot.organisation_id == row.id, Pivot.ended_at.is_(None))):
        pivot.ended_at = now
        said = {"pivot": pivot.id, "organisation": row.id, "act": "ended"}
        enter(session, store, person, Event.PIVOT_CHANGED, said)
    current = Agreement.organisation_id == row.id, Agreement.ended_at.is_(None)
    for agreement in session.scalars(select(Agreement).where(*current)):
        agreement.ended_at = now
        said = {"agreement": agreement.id, "organisation": row.id, "act": "ended"}
        enter(session, store, person, Event.AGREEMENT_CHANGED, said)
