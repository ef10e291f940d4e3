"""Views: filters of the queue that a person keeps under a name, for themselves alone."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, ValidationError
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.locks import hold
from store.tables import SavedView
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.queue.filters import Filters
from triage_api.shell.fields import Cleaned

MOST = 30
"""Views of one person."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), Cleaned]


class ViewIn(BaseModel):
    """Filters to keep, and their name."""

    name: Name
    filters: Filters = Field(default_factory=Filters)


class RenameIn(BaseModel):
    """The new name of a view."""

    name: Name


class ViewOut(BaseModel):
    """Filters that one keeps; `query` is what follows `?` in the address of the list that they open."""

    id: str
    name: str
    filters: Filters
    query: str


class ViewsOut(BaseModel):
    """All views of one person, by name."""

    items: list[ViewOut]


def views_of(desk: Desk, person: Person) -> ViewsOut:
    """Return the person's views."""
    require(person, Action.VIEW_OWN)
    with desk.store.database.reading() as session:
        rows = session.scalars(_own(person).order_by(SavedView.name, SavedView.id))
        return ViewsOut(items=[_shown(row) for row in rows])


def view_named(desk: Desk, person: Person, identity: str) -> ViewOut:
    """Return one view; `NotFound` if there is none or it is another's."""
    require(person, Action.VIEW_OWN)
    with desk.store.database.reading() as session:
        return _shown(_one(session, person, identity))


def save(desk: Desk, person: Person, given: ViewIn) -> ViewOut:
    """Keep filters under a name; `Conflict`: `view_named` (the name is taken), `views_full` (thirty are kept)."""
    require(person, Action.VIEW_OWN)
    row = SavedView(id=f"w-{secrets.token_hex(10)}", user_id=person.id, name=given.name)
    row.filters, row.created_at = given.filters.model_dump(exclude_defaults=True), desk.store.clock()
    with desk.store.database.writing() as session:
        _check_name(session, person, given.name)
        kept = session.scalar(select(func.count()).select_from(_own(person).subquery())) or 0
        if kept >= MOST:
            raise Conflict(f"At most {MOST} views are kept: delete one first.", code="views_full", field="name")
        session.add(row)
    return _shown(row)


def rename(desk: Desk, person: Person, identity: str, given: RenameIn) -> ViewOut:
    """Give a view another name; `NotFound`, or `Conflict` (`view_named`) if another view of this person has it."""
    require(person, Action.VIEW_OWN)
    with desk.store.database.writing() as session:
        row = _one(session, person, identity)
        _check_name(session, person, given.name, but=identity)
        row.name = given.name
    return _shown(row)


def delete(desk: Desk, person: Person, identity: str) -> None:
    """Forget a view; `NotFound` if there is none or it is another's."""
    require(person, Action.VIEW_OWN)
    with desk.store.database.writing() as session:
        session.delete(_one(session, person, identity))


def _check_name(session: Session, person: Person, name: str, but: str = "") -> None:
    hold(session, [f"views:{person.id}"])  # so that of two that come at once the second sees the first
    if session.scalar(_own(person).where(SavedView.name == name, SavedView.id != but)) is not None:
        raise Conflict("One of your views has this name: choose another.", code="view_named", field="name")


def _own(person: Person) -> Select[SavedView]:
    return select(SavedView).where(SavedView.user_id == person.id)


def _one(session: Session, person: Person, identity: str) -> SavedView:
    row = session.scalar(_own(person).where(SavedView.id == identity))
    if row is None:
        raise NotFound("No such view.")
    return row


def _shown(row: SavedView) -> ViewOut:
    try:
        filters = Filters.model_validate(row.filters)
    except ValidationError:  # kept before a lane or a status was renamed
        filters = Filters()
    return ViewOut(id=row.id, name=row.name, filters=filters, query=filters.query())
