"""Cases: API and pages, at the address of the request that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from store.errors import BadInput, Conflict, NotAllowed
from store.store import Store
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.cases import holding
from triage_api.cases.models import STEPS, CaseOut, CloseIn, StepIn
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/requests", tags=["cases"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Given = TypeVar("Given", bound=BaseModel)
Keeps = Annotated[Person, Depends(allowed(Action.CASE_CLOSE))]


@api.get("/{identity}/case")
def read_case(desk: TheDesk, person: Keeps, identity: ItemId) -> CaseOut:
    """Read the steps of a case and its end; the call makes the entry."""
    return holding.read_case(desk.store, person, identity)


@api.post("/{identity}/steps", status_code=201)
def write_step(desk: TheDesk, person: Keeps, identity: ItemId, given: StepIn) -> CaseOut:
    """Write down on which day a step was taken, by people, outside of Vigie."""
    return holding.write_step(desk.store, person, identity, given)


@api.post("/{identity}/close")
def close_case(desk: TheDesk, person: Keeps, identity: ItemId, given: CloseIn) -> CaseOut:
    """Close a case: with the day of its report or, without one, for a reason that two people give."""
    return holding.close_case(desk.store, person, identity, given)


@pages.get("/{identity}/case")
def case_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show the steps, whom to call, and the forms."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/steps")
def step_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Write a step down."""
    return _done(request, desk, person, identity, form, act=holding.write_step, given=StepIn)


@pages.post("/{identity}/close")
def close_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Close a case, or ask for it."""
    return _done(request, desk, person, identity, form, act=holding.close_case, given=CloseIn)


def _done(
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    form: Form,
    *,
    act: Callable[[Store, Person, str, Given], CaseOut],
    given: type[Given],
) -> Response:
    try:
        act(desk.store, person, identity, read_form(given, form))
    except (BadInput, Conflict, NotAllowed) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _page(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/requests/{identity}/case")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    one = holding.read_case(desk.store, person, identity)
    values: dict[str, object] = {"values": {}, "problems": {}, "all_steps": STEPS} | shown
    return render(request, "cases/templates/case.html", status=status, one=one, **values)
