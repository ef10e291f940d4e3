"""Requests: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.requests import service
from triage_api.requests.models import (
    ANSWER_KINDS,
    AnswerIn,
    AnswerOut,
    Filed,
    MessageIn,
    MessageOut,
    RequestIn,
    RequestOut,
    RequestPage,
)
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render
from triage_api.standing.reading import standing_of

_LINES = ("handles", "phones", "emails", "places")

api = APIRouter(prefix="/api/requests", tags=["requests"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Files = Annotated[Person, Depends(allowed(Action.REQUEST_FILE))]
Reads = Annotated[Person, Depends(allowed(Action.REQUEST_READ))]
Writes = Annotated[Person, Depends(allowed(Action.REQUEST_MESSAGE))]
Answers = Annotated[Person, Depends(allowed(Action.REQUEST_ANSWER))]


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


@api.post("/{identity}/messages", status_code=201)
def add_message(desk: TheDesk, person: Writes, identity: ItemId, given: MessageIn) -> MessageOut:
    """Add a message."""
    return service.add_message(desk, person, identity, given)


@api.post("/{identity}/answer", status_code=201)
def answer_request(desk: TheDesk, person: Answers, identity: ItemId, given: AnswerIn) -> AnswerOut:
    """Answer a request."""
    return service.answer(desk, person, identity, given)


@pages.get("")
def requests_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the requests that one may see."""
    page = service.list_requests(desk, person, cursor=request.query_params.get("cursor") or None)
    return render(request, "requests/templates/requests.html", page=page)


@pages.get("/new")
def new_request_page(request: Request, _person: Files) -> Response:
    """Show the form for a request."""
    return render(request, "requests/templates/new.html", values={}, problems={})


@pages.post("")
def file_from_page(request: Request, desk: TheDesk, person: Files, form: Form) -> Response:
    """File a request and acknowledge it, or show the form again with all that was typed."""
    try:
        filed = service.file_request(desk, person, read_form(RequestIn, form, lines=_LINES))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error)}
        return render(request, "requests/templates/new.html", status=422, **shown)
    return go(f"/requests/{filed.id}?filed=1")


@pages.get("/{identity}")
def request_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a request; for an analyst, once its entry is in the register."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/messages")
def message_from_page(request: Request, desk: TheDesk, person: Writes, identity: ItemId, form: Form) -> Response:
    """Add a message and go back to the request."""
    try:
        service.add_message(desk, person, identity, read_form(MessageIn, form))
    except BadInput as error:
        problems = {"message": problems_of(error).get("text", "invalid")}
        values = {"message": typed(form).get("text", "")}
        return _page(request, desk, person, identity, values=values, problems=problems, status=422)
    return go(f"/requests/{identity}")


@pages.post("/{identity}/answer")
def answer_from_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Answer a request, or show it again with all that was typed."""
    shown = {"values": typed(form)}
    try:
        service.answer(desk, person, identity, read_form(AnswerIn, form))
    except BadInput as error:
        return _page(request, desk, person, identity, **shown, problems=problems_of(error), status=422)
    except Conflict as error:
        return _page(request, desk, person, identity, **shown, problems={"": error.code}, status=409)
    return go(f"/requests/{identity}")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values = {"values": {}, "problems": {}, "kinds": ANSWER_KINDS, "filed": request.query_params.get("filed")} | shown
    one = service.read_request(desk, person, identity)
    standing = standing_of(desk, person, one.id)
    return render(request, "requests/templates/request.html", status=status, one=one, standing=standing, **values)
