"""Standing searches: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render
from triage_api.standing import reading, service
from triage_api.standing.models import RenewIn, StandIn, StandingOut, StandingPage

api = APIRouter(prefix="/api/standing", tags=["standing searches"])
pages = APIRouter(prefix="/standing", include_in_schema=False)

Stands = Annotated[Person, Depends(allowed(Action.SEARCH_STAND))]


@api.post("", status_code=201)
def stand(desk: TheDesk, person: Stands, given: StandIn) -> StandingOut:
    """Let a search that was made for an open request stand: it is made again by itself for 30 days."""
    return reading.read_standing(desk, person, service.stand(desk, person, given))


@api.get("")
def list_standing(desk: TheDesk, person: Stands, cursor: Cursor = None, limit: Limit = 50) -> StandingPage:
    """List the standing searches that one may see."""
    return reading.list_standing(desk, person, cursor=cursor, limit=limit)


@api.get("/{identity}")
def read_standing(desk: TheDesk, person: Stands, identity: ItemId) -> StandingOut:
    """Read a standing search with the posts that it found new; one is seen once its owner has opened it."""
    return reading.read_standing(desk, person, identity)


@api.post("/{identity}/renew")
def renew(desk: TheDesk, person: Stands, identity: ItemId, given: RenewIn) -> StandingOut:
    """Let a standing search go on for 30 days from now, while its request is open."""
    service.renew(desk, person, identity, given)
    return reading.read_standing(desk, person, identity)


@api.post("/{identity}/end")
def end(desk: TheDesk, person: Stands, identity: ItemId) -> StandingOut:
    """End a standing search; what it found stays."""
    service.end(desk, person, identity)
    return reading.read_standing(desk, person, identity)


@pages.get("")
def standing_page(request: Request, desk: TheDesk, person: Stands) -> Response:
    """Show the standing searches that one may see."""
    page = reading.list_standing(desk, person, cursor=request.query_params.get("cursor") or None)
    return render(request, "standing/templates/list.html", page=page)


@pages.post("")
def stand_from_page(desk: TheDesk, person: Stands, form: Form) -> Response:
    """Let a search stand and show it."""
    return go(f"/standing/{service.stand(desk, person, read_form(StandIn, form))}")


@pages.get("/{identity}")
def one_page(request: Request, desk: TheDesk, person: Stands, identity: ItemId) -> Response:
    """Show a standing search with what it found."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/renew")
def renew_from_page(request: Request, desk: TheDesk, person: Stands, identity: ItemId, form: Form) -> Response:
    """Let a standing search go on, or show it again with all that was typed."""
    shown = {"values": typed(form)}
    try:
        service.renew(desk, person, identity, read_form(RenewIn, form))
    except BadInput as error:
        return _page(request, desk, person, identity, **shown, problems=problems_of(error), status=422)
    except Conflict as error:
        return _page(request, desk, person, identity, **shown, problems={"": error.code}, status=409)
    return go(f"/standing/{identity}")


@pages.post("/{identity}/end")
def end_from_page(desk: TheDesk, person: Stands, identity: ItemId) -> Response:
    """End a standing search and show it."""
    service.end(desk, person, identity)
    return go(f"/standing/{identity}")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    one = reading.read_standing(desk, person, identity)
    values = {"values": {}, "problems": {}, "own": one.by == person.pseudonym} | shown
    return render(request, "standing/templates/standing.html", status=status, one=one, **values)
