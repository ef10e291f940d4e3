"""The second factor: its pages. A secret is shown to people, never sent to programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup

from store.errors import BadInput
from triage_api.access.actions import Action
from triage_api.access.factors import service
from triage_api.access.factors.models import ConfirmIn, RemoveIn
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.routes import address_of, set_cookie
from triage_api.access.sessions import Opened
from triage_api.desk import Desk
from triage_api.shell.forms import problems_of, read_form
from triage_api.shell.pages import go, render

pages = APIRouter(include_in_schema=False)

Anyone = Annotated[Person, Depends(allowed(Action.SESSION_OWN))]


@pages.get("/account/totp")
def totp_page(request: Request, desk: TheDesk, person: Anyone) -> Response:
    """Offer a secret to enrol, or the form that gives up the second factor."""
    return _totp(request, desk, person)


@pages.post("/account/totp")
def confirm_page(request: Request, desk: TheDesk, person: Anyone, form: Form) -> Response:
    """Enrol the offered secret and show the recovery codes once."""
    try:
        opened, codes = service.confirm(desk.store, person, read_form(ConfirmIn, form))
    except BadInput as error:
        ticket = str(form.get("ticket", ""))
        return _totp(request, desk, person, ticket=ticket, problems=problems_of(error), status=422)
    request.state.person = opened.person
    return _handed(render(request, "access/factors/templates/recovery.html", codes=codes), desk, opened)


@pages.post("/account/totp/remove")
def remove_page(request: Request, desk: TheDesk, person: Anyone, form: Form) -> Response:
    """Give up the second factor."""
    try:
        opened = service.remove(desk.store, person, read_form(RemoveIn, form), address_of(request))
    except BadInput as error:
        return _totp(request, desk, person, problems=problems_of(error), status=422)
    return _handed(go("/account/totp"), desk, opened)


def _handed(response: Response, desk: Desk, opened: Opened) -> Response:
    set_cookie(response, desk, opened.token)
    return response


def _totp(
    request: Request, desk: Desk, person: Person, *, status: int = 200, ticket: str = "", **shown: object
) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "offer": None, "qr": ""} | shown
    if not service.is_enrolled(desk.store, person):
        offer = service.offered_again(desk.store, person, ticket) if ticket else service.offer(desk.store, person)
        qr = Markup(service.qr_code(offer.uri))  # noqa: S704 - drawn here, from an address of our own
        values |= {"offer": offer, "qr": qr}
    return render(request, "access/factors/templates/totp.html", status=status, **values)
