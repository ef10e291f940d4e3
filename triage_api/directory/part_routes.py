"""The pivots and agreements of organisations: API and pages, for whoever keeps the directory."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, VigieError
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.directory import agreements, pivots, service
from triage_api.directory.models import (
    AgreementChange,
    AgreementIn,
    AgreementOut,
    OrganisationOut,
    PivotChange,
    PivotIn,
    PivotOut,
)
from triage_api.directory.routes import written
from triage_api.grounds.catalogue import FIELDS, fields_for
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api", tags=["directory"])
pages = APIRouter(prefix="/directory", include_in_schema=False)

Keeps = Annotated[Person, Depends(allowed(Action.DIRECTORY_KEEP))]


@api.post("/pivots", status_code=201)
def make_pivot(desk: TheDesk, person: Keeps, given: PivotIn) -> PivotOut:
    """Add a pivot of an organisation."""
    return pivots.make_pivot(desk, person, given)


@api.put("/pivots/{identity}")
def change_pivot(desk: TheDesk, person: Keeps, identity: ItemId, given: PivotChange) -> PivotOut:
    """Write a pivot anew."""
    return pivots.change_pivot(desk, person, identity, given)


@api.post("/pivots/{identity}/confirm")
def confirm_pivot(desk: TheDesk, person: Keeps, identity: ItemId) -> PivotOut:
    """Say that this is still the pivot."""
    return pivots.confirm_pivot(desk, person, identity)


@api.post("/pivots/{identity}/end")
def end_pivot(desk: TheDesk, person: Keeps, identity: ItemId) -> PivotOut:
    """End a pivot."""
    return pivots.end_pivot(desk, person, identity)


@api.post("/agreements", status_code=201)
def make_agreement(desk: TheDesk, person: Keeps, given: AgreementIn) -> AgreementOut:
    """Add an agreement with an organisation."""
    return agreements.make_agreement(desk, person, given)


@api.put("/agreements/{identity}")
def change_agreement(desk: TheDesk, person: Keeps, identity: ItemId, given: AgreementChange) -> AgreementOut:
    """Write an agreement anew."""
    return agreements.change_agreement(desk, person, identity, given)


@api.post("/agreements/{identity}/end")
def end_agreement(desk: TheDesk, person: Keeps, identity: ItemId) -> AgreementOut:
    """End an agreement."""
    return agreements.end_agreement(desk, person, identity)


@pages.get("/{identity}/pivots")
def new_pivot_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show the form for a pivot."""
    return _pivot(request, desk, person, service.read_organisation(desk, person, identity))


@pages.post("/{identity}/pivots")
def make_pivot_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Add a pivot, or show the form again with all that was typed."""
    organisation = service.read_organisation(desk, person, identity)
    try:
        given = read_form(PivotChange, form)
        pivots.make_pivot(desk, person, PivotIn(organisation=organisation.id, **given.model_dump()))
    except (BadInput, Conflict) as error:
        return _pivot(request, desk, person, organisation, **_again(form, error))
    return go(f"/directory/{organisation.id}")


@pages.get("/pivots/{identity}")
def pivot_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show the form of a pivot as it is."""
    organisation, one = pivots.read_pivot(desk, person, identity)
    values = written(one.model_dump(include={"name", "title", "email", "phone", "account", "backup"}))
    values["valid_until"] = one.last_day.isoformat()
    return _pivot(request, desk, person, organisation, one=one, values=values)


@pages.post("/pivots/{identity}")
def change_pivot_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Write a pivot anew, or show the form again with all that was typed."""
    organisation, one = pivots.read_pivot(desk, person, identity)
    try:
        pivots.change_pivot(desk, person, identity, read_form(PivotChange, form))
    except (BadInput, Conflict) as error:
        return _pivot(request, desk, person, organisation, one=one, **_again(form, error))
    return go(f"/directory/{organisation.id}")


@pages.post("/pivots/{identity}/confirm")
def confirm_pivot_from_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Say that this is still the pivot."""
    return go(f"/directory/{pivots.confirm_pivot(desk, person, identity).organisation}")


@pages.post("/pivots/{identity}/end")
def end_pivot_from_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """End a pivot."""
    return go(f"/directory/{pivots.end_pivot(desk, person, identity).organisation}")


@pages.get("/{identity}/agreements")
def new_agreement_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show the form for an agreement."""
    return _agreement(request, service.read_organisation(desk, person, identity))


@pages.post("/{identity}/agreements")
def make_agreement_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Add an agreement, or show the form again with all that was typed."""
    organisation = service.read_organisation(desk, person, identity)
    try:
        given = read_form(AgreementChange, form, many=("fields",))
        agreements.make_agreement(desk, person, AgreementIn(organisation=organisation.id, **given.model_dump()))
    except (BadInput, Conflict) as error:
        return _agreement(request, organisation, **_again(form, error))
    return go(f"/directory/{organisation.id}")


@pages.get("/agreements/{identity}")
def agreement_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show the form of an agreement as it is."""
    organisation, one = agreements.read_agreement(desk, person, identity)
    values = written(one.model_dump(include=set(AgreementChange.model_fields)))
    return _agreement(request, organisation, one=one, values=values)


@pages.post("/agreements/{identity}")
def change_agreement_from_page(
    request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form
) -> Response:
    """Write an agreement anew, or show the form again with all that was typed."""
    organisation, one = agreements.read_agreement(desk, person, identity)
    try:
        agreements.change_agreement(desk, person, identity, read_form(AgreementChange, form, many=("fields",)))
    except (BadInput, Conflict) as error:
        return _agreement(request, organisation, one=one, **_again(form, error))
    return go(f"/directory/{organisation.id}")


@pages.post("/agreements/{identity}/end")
def end_agreement_from_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """End an agreement."""
    return go(f"/directory/{agreements.end_agreement(desk, person, identity).organisation}")


def _again(form: Form, error: VigieError) -> dict[str, Any]:
    """Return what shows a form again: what was typed, and what is wrong."""
    problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
    return {"values": typed(form), "problems": problems, "status": error.status}


def _pivot(
    request: Request, desk: Desk, person: Person, organisation: OrganisationOut, *, status: int = 200, **shown: object
) -> Response:
    values: dict[str, Any] = {"values": {}, "problems": {}, "one": None} | shown
    values |= {"organisation": organisation, "accounts": pivots.accounts(desk, person)}
    return render(request, "directory/templates/pivot_form.html", status=status, **values)


def _agreement(request: Request, organisation: OrganisationOut, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, Any] = {"values": {}, "problems": {}, "one": None} | shown
    fields = [field for field in FIELDS if field in fields_for(organisation.kind)]
    values |= {"organisation": organisation, "fields": fields}
    return render(request, "directory/templates/agreement_form.html", status=status, **values)
