"""Requests: API and pages of those who ask and those who answer; what else is done with one is in `acting_routes`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.requests import service
from triage_api.requests.models import Filed, RequestIn, RequestOut, RequestPage
from triage_api.requests.showing import LINES, form_page, page_of
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/requests", tags=["requests"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Files = Annotated[Person, Depends(allowed(Action.REQUEST_FILE))]
Reads = Annotated[Person, Depends(allowed(Action.REQUEST_READ))]


@api.post("", status_code=201)
def file_request(desk: TheDesk, person: Files, given: RequestIn) -> Filed:
    """File a request for a check on a youth."""
    return service.file_request(desk, person, given)


@api.get("")
def list_requests(desk: TheDesk, person: Reads, cursor: Cursor = None, limit: Limit = 50) -> RequestPage:
    """List one's own requests, or all for those who answer them."""
    return service.list_requests(desk, person, cursor=cursor, limit=limit)


@api.get("/{identity}")
def read_request(desk: TheDesk, person: Reads, identity: ItemId) -> RequestOut:
    """Read a request."""
    return service.read_request(desk, person, identity)


@pages.get("")
def requests_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the requests that one may see."""
    page = service.list_requests(desk, person, cursor=request.query_params.get("cursor") or None)
    return render(request, "requests/templates/requests.html", page=page)


@pages.get("/new")
def new_request_page(request: Request, _person: Files) -> Response:
    """Show the form for a request."""
    return form_page(request, "new", {}, {})


@pages.post("")
def file_from_page(request: Request, desk: TheDesk, person: Files, form: Form) -> Response:
    """File a request and acknowledge it, or show the form again with all that was typed."""
    try:
        filed = service.file_request(desk, person, read_form(RequestIn, form, lines=LINES))
    except BadInput as error:
        return form_page(request, "new", typed(form), problems_of(error), status=422)
    return go(f"/requests/{filed.id}?filed=1")


@pages.get("/{identity}")
def request_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a request; for an analyst, once its entry is in the register."""
    return page_of(request, desk, person, identity)
