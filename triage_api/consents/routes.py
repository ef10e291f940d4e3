"""Consents: API and pages, for partners and the desk; how one is taken back by its code is in `code_routes`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from store.settings import Settings
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.consents import service
from triage_api.consents.asking import asked
from triage_api.consents.models import ConsentIn, ConsentOut, ConsentPage, ConsentWhole, Given, ToldPage
from triage_api.consents.told import to_be_told
from triage_api.consents.withdrawing import withdraw
from triage_api.desk import Desk
from triage_api.shell.fields import Cursor, ItemId, Limit, Line
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.languages import say
from triage_api.shell.pages import go, language_of, render

api = APIRouter(prefix="/api/consents", tags=["consents"])
pages = APIRouter(include_in_schema=False)

Records = Annotated[Person, Depends(allowed(Action.CONSENT_RECORD))]
Reads = Annotated[Person, Depends(allowed(Action.CONSENT_READ))]
Tells = Annotated[Person, Depends(allowed(Action.REFERRAL_MAKE))]


@api.post("", status_code=201)
def record_consent(desk: TheDesk, person: Records, given: ConsentIn) -> Given:
    """Record a consent; the code of its paper stands in this answer and nowhere else."""
    return service.record(desk.store, person, given)


@api.get("")
def list_consents(
    desk: TheDesk, person: Reads, request: Line = "", cursor: Cursor = None, limit: Limit = 50
) -> ConsentPage:
    """List the consents of one's own requests, or all for the desk; of one request if it is named."""
    return service.list_consents(desk.store, person, request=request or None, cursor=cursor, limit=limit)


@api.get("/withdrawn")
def list_told(desk: TheDesk, person: Tells) -> ToldPage:
    """List whom to call because a consent was taken back."""
    return to_be_told(desk.store, person)


@api.get("/{identity}")
def read_consent(desk: TheDesk, person: Reads, identity: ItemId) -> ConsentWhole:
    """Read a consent, with how it was explained."""
    return service.read_consent(desk.store, person, identity)


@api.post("/{identity}/withdraw")
def withdraw_consent(desk: TheDesk, person: Records, identity: ItemId) -> ConsentOut:
    """Take a consent back, with all that was agreed to for the same organisation."""
    return withdraw(desk.store, person, identity)


@pages.get("/requests/{identity}/consents")
def consents_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show the consents of a request; once an organisation is chosen, what to read out and the form."""
    return _consents(request, desk, person, identity, dict(request.query_params))


@pages.post("/consents")
def record_from_page(request: Request, desk: TheDesk, person: Records, form: Form) -> Response:
    """Record a consent and show its paper, this once; or show the form again with all that was typed."""
    try:
        given = service.record(desk.store, person, read_form(ConsentIn, form, many=("fields",)))
    except BadInput as error:
        values, problems = typed(form), problems_of(error)
        identity = str(values.get("request", ""))
        return _consents(request, desk, person, identity, values, status=error.status, problems=problems)
    return _paper(request, desk.store.settings, given)


@pages.post("/consents/{identity}/withdraw")
def withdraw_from_page(desk: TheDesk, person: Records, identity: ItemId) -> Response:
    """Take a consent back and go to those of its request."""
    return go(f"/requests/{withdraw(desk.store, person, identity).request}/consents")


@pages.get("/consents/withdrawn")
def told_page(request: Request, desk: TheDesk, person: Tells) -> Response:
    """Show whom to call because a consent was taken back."""
    return render(request, "consents/templates/told.html", page=to_be_told(desk.store, person))


def _consents(
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    values: Mapping[str, object],
    *,
    status: int = 200,
    problems: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    shown = {"lang": language_of(request), **values}
    form = asked(desk.store, person, identity, str(values.get("organisation", "")))
    template = "consents/templates/consents.html"
    return render(request, template, status=status, values=shown, problems=problems, form=form)


def _paper(request: Request, settings: Settings, given: Given) -> Response:
    """Show the paper, in the language that was asked for it: whom, what, until when, the code, and never why."""
    address = f"{settings.public_address}/withdraw" if settings.public_address else ""
    shown = {"one": given, "house": settings.house_name.strip(), "address": address}
    words = {"t": partial(say, given.lang), "lang": given.lang}
    return render(request, "consents/templates/paper.html", status=201, **shown, **words)
