"""Pivots: the person of an organisation whom all goes through. Added, changed, confirmed, ended; never deleted."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.locks import hold
from store.register import Event
from store.store import Store
from store.tables import Organisation, Pivot, User
from triage_api.access.models import Person, Role
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.directory.checking import account_of, check_pivot
from triage_api.directory.models import OrganisationOut, PivotChange, PivotIn, PivotOut
from triage_api.directory.service import LOCK, assign, confirm
from triage_api.directory.telling import pivot_out, whole
from triage_api.shell.recording import enter, recording


def make_pivot(desk: Desk, person: Person, given: PivotIn) -> PivotOut:
    """Add a pivot; `BadForm` names every field that cannot be, `NotFound` an organisation that is not there."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        hold(session, [LOCK])
        organisation = session.get(Organisation, given.organisation)
        if organisation is None:
            raise NotFound("No such organisation.")
        row = add_pivot(desk.store, session, person, organisation, given)
        return pivot_out(desk.store, session, row)


def read_pivot(desk: Desk, person: Person, identity: str) -> tuple[OrganisationOut, PivotOut]:
    """Return a pivot, and the organisation with all its pivots, to be changed."""
    require(person, Action.DIRECTORY_KEEP)
    with desk.store.database.reading() as session:
        row = _found(session.get(Pivot, identity))
        organisation = whole(desk.store, session, person, session.get_one(Organisation, row.organisation_id))
        return organisation, pivot_out(desk.store, session, row)


def change_pivot(desk: Desk, person: Person, identity: str, given: PivotChange) -> PivotOut:
    """Write a pivot anew, which also says that it is so now; it raises as `make_pivot` does."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        _require_current(row)
        set_pivot(desk.store, session, person, row, given)
        return pivot_out(desk.store, session, row)


def confirm_pivot(desk: Desk, person: Person, identity: str) -> PivotOut:
    """Say that this is still the pivot; until when stays as it is."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        _require_current(row)
        confirm(desk.store, person, row)
        _enter(session, desk.store, person, row, "confirmed")
        return pivot_out(desk.store, session, row)


def end_pivot(desk: Desk, person: Person, identity: str) -> PivotOut:
    """End a pivot now: what was to go to them goes to whoever stands in."""
    require(person, Action.DIRECTORY_KEEP)
    with recording(desk.store) as session:
        row = _held(session, identity)
        _require_current(row)
        row.ended_at = desk.store.clock()
        _enter(session, desk.store, person, row, "ended")
        return pivot_out(desk.store, session, row)


def accounts(desk: Desk, person: Person) -> list[str]:
    """Return the names of the active accounts of partners, for whoever keeps the directory."""
    require(person, Action.DIRECTORY_KEEP)
    with desk.store.database.reading() as session:
        users = session.scalars(select(User).where(User.active).order_by(User.name))
        return [user.name for user in users if Role.PARTNER in user.roles]


def add_pivot(store: Store, session: Session, person: Person, organisation: Organisation, given: PivotChange) -> Pivot:
    """Add a pivot in the caller's transaction."""
    if organisation.ended_at is not None:
        raise Conflict("This organisation has ended.", code="organisation_ended")
    check_pivot(store, session, organisation.id, given)
    row = Pivot(id=f"p-{secrets.token_hex(10)}", organisation_id=organisation.id, **_values(session, given))
    confirm(store, person, row)
    session.add(row)
    session.flush()
    _enter(session, store, person, row, "made")
    return row


def set_pivot(store: Store, session: Session, person: Person, row: Pivot, given: PivotChange) -> list[str]:
    """Write a pivot anew in the caller's transaction; return which fields are different now."""
    check_pivot(store, session, row.organisation_id, given, row.id)
    changed = assign(row, _values(session, given))
    confirm(store, person, row)
    _enter(session, store, person, row, "changed" if changed else "confirmed", changed)
    return changed


def _values(session: Session, given: PivotChange) -> dict[str, Any]:
    user = account_of(session, given.account)
    plain = given.model_dump(include={"name", "title", "email", "phone", "valid_until"})
    return plain | {"user_id": user.id if user else None, "backup_id": given.backup or None}


def _held(session: Session, identity: str) -> Pivot:
    hold(session, [LOCK])
    return _found(session.get(Pivot, identity, with_for_update=True))


def _found(row: Pivot | None) -> Pivot:
    if row is None:
        raise NotFound("No such pivot.")
    return row


def _require_current(row: Pivot) -> None:
    if row.ended_at is not None:
        raise Conflict("This pivot has ended: add them again.", code="pivot_ended")


def _enter(
    session: Session, store: Store, person: Person, row: Pivot, act: str, changed: list[str] | None = None
) -> None:
    said = {"pivot": row.id, "organisation": row.organisation_id, "act": act}
    enter(session, store, person, Event.PIVOT_CHANGED, said | ({"changed": changed} if changed else {}))
