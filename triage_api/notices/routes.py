"""E-mails to pivots: API and page of the desk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import Conflict
from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.notices import service
from triage_api.notices.models import STATES, NoticeLine, NoticePage, State
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import one_of
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/notices", tags=["notices"])
pages = APIRouter(prefix="/notices", include_in_schema=False)

Makes = Annotated[Person, Depends(allowed(Action.REFERRAL_MAKE))]


@api.get("")
def list_notices(
    desk: TheDesk, person: Makes, state: State | None = None, cursor: Cursor = None, limit: Limit = 50
) -> NoticePage:
    """List the e-mails to pivots and whether they left."""
    return service.list_notices(desk.store, person, state=state, cursor=cursor, limit=limit)


@api.post("/{identity}/again")
def send_again(desk: TheDesk, person: Makes, identity: ItemId) -> NoticeLine:
    """Have an e-mail sent again that may not have arrived."""
    return service.send_again(desk.store, person, identity)


@pages.get("")
def notices_page(request: Request, desk: TheDesk, person: Makes) -> Response:
    """Show the e-mails to pivots, and what keeps them from being sent."""
    return _page(request, desk, person)


@pages.post("/{identity}/again")
def send_again_on_page(request: Request, desk: TheDesk, person: Makes, identity: ItemId) -> Response:
    """Have an e-mail sent again."""
    try:
        service.send_again(desk.store, person, identity)
    except Conflict as error:
        return _page(request, desk, person, status=error.status, problems={"": error.code})
    return go("/notices")


def _page(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    state, cursor = one_of(STATES, request.query_params.get("state")), request.query_params.get("cursor")
    page = service.list_notices(desk.store, person, state=state, cursor=cursor)
    values: dict[str, object] = {"page": page, "states": STATES, "state": state, "problems": {}} | shown
    return render(request, "notices/templates/notices.html", status=status, **values)
