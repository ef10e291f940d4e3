"""Legal holds: API and pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotAllowed
from store.holds import HOLD_KINDS
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.holds import service
from triage_api.holds.models import GrantIn, HoldIn, HoldLine, HoldOut, HoldPage
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import one_of, problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/holds", tags=["holds"])
pages = APIRouter(prefix="/holds", include_in_schema=False)

Keeps = Annotated[Person, Depends(allowed(Action.HOLD_KEEP))]


@api.get("")
def list_holds(desk: TheDesk, person: Keeps) -> HoldPage:
    """List legal holds."""
    return service.list_holds(desk.store, person)


@api.post("", status_code=201)
def ask(desk: TheDesk, person: Keeps, given: HoldIn) -> HoldLine:
    """Ask for a legal hold; it holds nothing before somebody else grants it."""
    return service.ask(desk.store, person, given)


@api.get("/{identity}")
def read_hold(desk: TheDesk, person: Keeps, identity: ItemId) -> HoldOut:
    """Read why something is held."""
    return service.read_hold(desk.store, person, identity)


@api.post("/{identity}/grant")
def grant(desk: TheDesk, person: Keeps, identity: ItemId, given: GrantIn) -> HoldLine:
    """Grant a hold that somebody else asked for."""
    return service.grant(desk.store, person, identity, given)


@api.post("/{identity}/release")
def release(desk: TheDesk, person: Keeps, identity: ItemId) -> HoldLine:
    """End a hold, or take back that it was asked for."""
    return service.release(desk.store, person, identity)


@pages.get("")
def holds_page(request: Request, desk: TheDesk, person: Keeps) -> Response:
    """Show the holds and the form that asks for one; an address may fill in what it is about."""
    kind = one_of(HOLD_KINDS, request.query_params.get("kind"))
    values = {"kind": kind or "", "about": request.query_params.get("about", "")[:300]}
    return _list(request, desk, person, values=values)


@pages.post("")
def ask_from_page(request: Request, desk: TheDesk, person: Keeps, form: Form) -> Response:
    """Ask for a hold, or show the form again with all that was typed."""
    try:
        made = service.ask(desk.store, person, read_form(HoldIn, form))
    except BadInput as error:
        return _list(request, desk, person, status=422, values=typed(form), problems=problems_of(error))
    return go(f"/holds/{made.id}")


@pages.get("/{identity}")
def hold_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Show a hold."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/grant")
def grant_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Grant a hold."""
    return _act(
        request,
        desk,
        person,
        identity,
        form,
        lambda: service.grant(desk.store, person, identity, read_form(GrantIn, form)),
    )


@pages.post("/{identity}/release")
def release_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Release a hold."""
    return _act(request, desk, person, identity, form, lambda: service.release(desk.store, person, identity))


def _act(
    request: Request, desk: Desk, person: Person, identity: str, form: Form, act: Callable[[], HoldLine]
) -> Response:
    try:
        act()
    except (BadInput, Conflict, NotAllowed) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _page(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/holds/{identity}")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}} | shown
    one = service.read_hold(desk.store, person, identity)
    return render(request, "holds/templates/hold.html", status=status, one=one, **values)


def _list(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "kinds": HOLD_KINDS} | shown
    page = service.list_holds(desk.store, person)
    return render(request, "holds/templates/holds.html", status=status, page=page, **values)
