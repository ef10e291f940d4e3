"""Retention: what goes soon, handing it over, and what was erased by month."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.retention import handing, reporting
from triage_api.retention.models import DeletionsOut, DueOut, DuePage, HandIn
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api", tags=["retention"])
pages = APIRouter(include_in_schema=False)

Keeps = Annotated[Person, Depends(allowed(Action.CASE_CLOSE))]
Checks = Annotated[Person, Depends(allowed(Action.REGISTER_READ))]


@api.get("/retention")
def due_soon(desk: TheDesk, person: Keeps) -> DuePage:
    """List the requests that are erased within a month, and those that only a legal hold keeps."""
    return handing.due_soon(desk.store, person)


@api.post("/requests/{identity}/hand")
def hand_over(desk: TheDesk, person: Keeps, identity: ItemId, given: HandIn) -> DueOut:
    """Record that all that is kept of a request was handed over by an acknowledged referral: it goes then."""
    return handing.hand_over(desk.store, person, identity, given)


@api.get("/deletions")
def deletions(desk: TheDesk, person: Checks) -> DeletionsOut:
    """Tell how much was erased in each of the last months, by kind."""
    return reporting.deletions(desk.store, person)


@pages.get("/retention")
def retention_page(request: Request, desk: TheDesk, person: Keeps) -> Response:
    """Show what goes soon, with the form by which it is handed over."""
    return _page(request, desk, person)


@pages.post("/requests/{identity}/hand")
def hand_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Record a handing over, or say at which request it cannot be."""
    try:
        handing.hand_over(desk.store, person, identity, read_form(HandIn, form))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        shown = {"values": typed(form), "problems": problems, "at": identity}
        return _page(request, desk, person, status=error.status, **shown)
    return go("/retention")


@pages.get("/deletions")
def deletions_page(request: Request, desk: TheDesk, person: Checks) -> Response:
    """Show what was erased, by month and kind."""
    told = reporting.deletions(desk.store, person)
    kinds = sorted({kind for month in told.items for kind in month.kinds})
    return render(request, "retention/templates/deletions.html", told=told, kinds=kinds)


def _page(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "at": ""} | shown
    page = handing.due_soon(desk.store, person)
    days = desk.store.settings.request_days
    return render(request, "retention/templates/retention.html", status=status, page=page, kept=days, **values)
