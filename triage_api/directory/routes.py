"""The directory of organisations: API and pages. Everybody who works with the house reads it; a supervisor keeps it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.directory import service
from triage_api.directory.kinds import KINDS, REGIONS
from triage_api.directory.models import Filters, OrganisationIn, OrganisationOut, OrganisationPage
from triage_api.directory.telling import sees_pivots
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed, validated
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/organisations", tags=["directory"])
pages = APIRouter(prefix="/directory", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.DIRECTORY_READ))]
Keeps = Annotated[Person, Depends(allowed(Action.DIRECTORY_KEEP))]


@api.get("")
def list_organisations(
    desk: TheDesk,
    person: Reads,
    given: Annotated[Filters, Query()],
    cursor: Cursor = None,
    limit: Limit = 200,
) -> OrganisationPage:
    """List organisations by name: those of a region, of a kind, for an age, not known to be closed now."""
    return service.list_organisations(desk, person, given, cursor=cursor, limit=limit)


@api.post("", status_code=201)
def make_organisation(desk: TheDesk, person: Keeps, given: OrganisationIn) -> OrganisationOut:
    """Add an organisation."""
    return service.make_organisation(desk, person, given)


@api.get("/{identity}")
def read_organisation(desk: TheDesk, person: Reads, identity: ItemId) -> OrganisationOut:
    """Read an organisation; its pivots and agreements are for the desk."""
    return service.read_organisation(desk, person, identity)


@api.put("/{identity}")
def change_organisation(desk: TheDesk, person: Keeps, identity: ItemId, given: OrganisationIn) -> OrganisationOut:
    """Write an organisation anew."""
    return service.change_organisation(desk, person, identity, given)


@api.post("/{identity}/confirm")
def confirm_organisation(desk: TheDesk, person: Keeps, identity: ItemId) -> OrganisationOut:
    """Say that all is still so, or that an organisation that has ended is there again."""
    return service.confirm_organisation(desk, person, identity)


@api.post("/{identity}/end")
def end_organisation(desk: TheDesk, person: Keeps, identity: ItemId) -> OrganisationOut:
    """End an organisation, its pivots and its agreements."""
    return service.end_organisation(desk, person, identity)


@pages.get("")
def directory_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the organisations, those that were asked for if some were."""
    asked = {name: value for name, value in request.query_params.items() if value and name in Filters.model_fields}
    try:
        given, problems, status = validated(Filters, asked), {}, 200
    except BadInput as error:
        given, problems, status = Filters(), problems_of(error), 422
    cursor = request.query_params.get("cursor") or None
    shown = {"page": service.list_organisations(desk, person, given, cursor=cursor), "values": asked}
    shown |= {"problems": problems, "kinds": KINDS, "regions": REGIONS, "inside": sees_pivots(person)}
    return render(request, "directory/templates/directory.html", status=status, **shown)


@pages.get("/new")
def new_page(request: Request, _person: Keeps) -> Response:
    """Show the form for an organisation."""
    return _form(request)


@pages.post("")
def make_from_page(request: Request, desk: TheDesk, person: Keeps, form: Form) -> Response:
    """Add an organisation, or show the form again with all that was typed."""
    try:
        made = service.make_organisation(desk, person, read_form(OrganisationIn, form, many=("regions",)))
    except BadInput as error:
        return _form(request, values=typed(form), problems=problems_of(error), status=error.status)
    return go(f"/directory/{made.id}")


@pages.get("/{identity}")
def organisation_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show an organisation."""
    one = service.read_organisation(desk, person, identity)
    shown: dict[str, Any] = {"one": one, "inside": sees_pivots(person)}
    return render(request, "directory/templates/organisation.html", **shown)


@pages.get("/{identity}/edit")
def edit_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show the form of an organisation as it is."""
    one = service.read_organisation(desk, person, identity)
    return _form(request, one=one, values=written(one.model_dump(include=set(OrganisationIn.model_fields))))


@pages.post("/{identity}/edit")
def edit_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Write an organisation anew, or show the form again with all that was typed."""
    try:
        service.change_organisation(desk, person, identity, read_form(OrganisationIn, form, many=("regions",)))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        one = service.read_organisation(desk, person, identity)
        return _form(request, one=one, values=typed(form), problems=problems, status=error.status)
    return go(f"/directory/{identity}")


@pages.post("/{identity}/confirm")
def confirm_from_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Say that all is still so."""
    service.confirm_organisation(desk, person, identity)
    return go(f"/directory/{identity}")


@pages.post("/{identity}/end")
def end_from_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """End an organisation."""
    service.end_organisation(desk, person, identity)
    return go(f"/directory/{identity}")


def written(values: dict[str, Any]) -> dict[str, str | list[str]]:
    """Return what a form is filled with to change something: what was typed, as far as it was."""
    return {
        name: value if isinstance(value, list) else str(value) for name, value in values.items() if value is not None
    }


def _form(request: Request, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "one": None} | shown
    values |= {"kinds": KINDS, "regions": REGIONS}
    return render(request, "directory/templates/organisation_form.html", status=status, **values)
