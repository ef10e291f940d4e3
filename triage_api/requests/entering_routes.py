"""Requests by telephone: the call and the page by which the desk writes one down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from store.errors import BadInput
from store.tables import Organisation
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.directory.kinds import REGIONS
from triage_api.helplines.lines import lines_for
from triage_api.requests.entering import enter_request
from triage_api.requests.models import EnterIn, Filed
from triage_api.requests.showing import LINES, form_page
from triage_api.shell.forms import one_of, problems_of, read_form, typed
from triage_api.shell.pages import go

api = APIRouter(prefix="/api/requests", tags=["requests"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Enters = Annotated[Person, Depends(allowed(Action.REQUEST_ENTER))]


@api.post("/call", status_code=201)
def enter_call(desk: TheDesk, person: Enters, given: EnterIn) -> Filed:
    """Write down a request of somebody without an account, who was called back."""
    return enter_request(desk, person, given)


@pages.get("/call")
def call_page(request: Request, desk: TheDesk, _person: Enters) -> Response:
    """Show the form for a request by telephone."""
    return _page(request, desk, {}, {})


@pages.post("/call")
def enter_from_page(request: Request, desk: TheDesk, person: Enters, form: Form) -> Response:
    """Write a request down and show it, with what to say; or show the form again with all that was typed."""
    try:
        filed = enter_request(desk, person, read_form(EnterIn, form, lines=LINES))
    except BadInput as error:
        return _page(request, desk, typed(form), problems_of(error), status=422)
    return go(f"/requests/{filed.id}?filed=1")


def _page(
    request: Request, desk: Desk, values: Mapping[str, object], problems: Mapping[str, str], *, status: int = 200
) -> Response:
    with desk.store.database.reading() as session:
        query = select(Organisation.id, Organisation.name, Organisation.phone).where(Organisation.ended_at.is_(None))
        known = [tuple(row) for row in session.execute(query.order_by(Organisation.name, Organisation.id))]
        region = one_of(REGIONS, str(values.get("region", ""))) or ""
        said = {"calls_first": True, "tells_when": True, "helplines": lines_for(session, desk.store, region)}
    return form_page(request, "call", values, problems, status=status, organisations=known, **said)
