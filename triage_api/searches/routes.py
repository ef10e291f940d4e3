"""Searches: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from store.errors import BadInput, Conflict, NotFound, RepeatNeedsReason
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.searches import reading, service
from triage_api.searches.grounds import GROUNDS, PURPOSES
from triage_api.searches.models import SearchIn, SearchOut, SearchPage
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed, validated
from triage_api.shell.pages import go, render

_LINES = ("identifiers", "cities", "sources")
_FACETS = ("places", "source", "signals", "urgency", "verdict")
"""Facets that the page shows."""

api = APIRouter(prefix="/api/searches", tags=["searches"])
pages = APIRouter(prefix="/searches", include_in_schema=False)

Runs = Annotated[Person, Depends(allowed(Action.SEARCH_RUN))]
Reads = Annotated[Person, Depends(allowed(Action.SEARCH_READ))]


@api.post("", status_code=201, responses={200: {"model": SearchOut, "description": "An earlier search, brought back"}})
def run_search(response: Response, desk: TheDesk, person: Runs, given: SearchIn) -> SearchOut:
    """Search; 200 with the earlier result and what was ingested since if it was made before."""
    made = service.search(desk, person, given)
    response.status_code = 200 if made.reused_from else 201
    return made


@api.get("")
def list_searches(
    desk: TheDesk,
    person: Reads,
    mine: Annotated[bool, Query()] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SearchPage:
    """List the searches that one may see."""
    return reading.list_searches(desk, person, mine=mine, cursor=cursor, limit=limit)


@api.get("/{identity}")
def read_search(desk: TheDesk, person: Reads, identity: ItemId) -> SearchOut:
    """Read a search with its result."""
    return reading.read_search(desk, person, identity)


@pages.get("")
def search_page(request: Request, desk: TheDesk, person: Runs) -> Response:
    """Show the form and one's own searches."""
    values = {"request": request.query_params.get("request", "")}
    return _form(request, desk, person, values=values)


@pages.post("")
def run_from_page(request: Request, desk: TheDesk, person: Runs, form: Form) -> Response:
    """Search and go to the result, or show the form again with all that was typed."""
    try:
        asked = read_form(SearchIn, form, lines=_LINES, many=("languages",))
        made = service.search(desk, person, _narrowed(asked, form.get("narrow")))
    except RepeatNeedsReason as error:
        return _form(request, desk, person, values=typed(form), problems={"again_reason": error.code}, status=409)
    except BadInput as error:
        return _form(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    except NotFound as error:
        problems = {"request": "unknown_request"}
        return _form(request, desk, person, values=typed(form), problems=problems, status=error.status)
    except Conflict as error:  # the request was answered, or the keys were changed, a moment ago
        return _form(request, desk, person, values=typed(form), problems={"": error.code}, status=error.status)
    return go(f"/searches/{made.id}")


@pages.get("/{identity}")
def result_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a search's result, always with what it covered."""
    made = reading.read_search(desk, person, identity)
    return render(request, "searches/templates/result.html", made=made, shown_facets=_FACETS)


def _narrowed(asked: SearchIn, field: object) -> SearchIn:
    """Return a search with one more field in its query, as a value of a facet gives it."""
    if not isinstance(field, str) or not field:
        return asked
    values = asked.model_dump() | {"query": f"{asked.query} {field}".strip()}
    return validated(SearchIn, values)


def _form(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    earlier = reading.list_searches(desk, person, mine=True, limit=20)
    values = {"values": {}, "problems": {}, "earlier": earlier, "purposes": PURPOSES, "grounds": GROUNDS} | shown
    return render(request, "searches/templates/search.html", status=status, **values)
