"""Searches: API and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from nlp.query import BadQuery, parse
from store.errors import BadInput, Conflict, NotFound, RepeatNeedsReason
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.desk import Desk
from triage_api.searches import reading, service
from triage_api.searches.drawing import drawn
from triage_api.searches.grounds import GROUNDS, PURPOSES
from triage_api.searches.hints import hints_for, put_right
from triage_api.searches.models import Hints, HintsIn, SearchIn, SearchOut, SearchPage
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed, validated
from triage_api.shell.pages import go, render
from triage_api.standing.reading import own_running

_LINES = ("identifiers", "cities", "sources")
FACETS_SHOWN = ("source", "lang", "signals", "urgency", "places", "region", "kind", "verdict")
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


@api.post("/hints")
def hint(desk: TheDesk, person: Runs, given: HintsIn) -> Hints:
    """Say what a search would look for and what may have been meant; nothing is searched."""
    return hints_for(desk, person, given)


@pages.get("")
def search_page(request: Request, desk: TheDesk, person: Runs) -> Response:
    """Show the form and one's own searches."""
    linked = request.query_params.get("request", "")
    values = {"request": linked, "purpose": "request" if linked else ""}
    return _form(request, desk, person, values=values)


@pages.post("")
def run_from_page(request: Request, desk: TheDesk, person: Runs, form: Form) -> Response:
    """Search and go to the result, or show the form again with all that was typed."""
    try:
        asked = put_right(read_form(SearchIn, form, lines=_LINES, many=("languages",)), _text(form, "fix"))
        made = service.run(desk, person, _narrowed(asked, _text(form, "narrow")))
    except RepeatNeedsReason as error:
        return _typed_form(request, desk, person, form, {"again_reason": error.code}, status=409)
    except BadInput as error:
        return _typed_form(request, desk, person, form, problems_of(error), status=422)
    except NotFound as error:
        return _typed_form(request, desk, person, form, {"request": "unknown_request"}, status=error.status)
    except Conflict as error:  # the request was answered, or the keys were changed, a moment ago
        return _typed_form(request, desk, person, form, {"": error.code}, status=error.status)
    return go(f"/searches/{made}")


@pages.post("/check")
def check_from_page(request: Request, desk: TheDesk, person: Runs, form: Form) -> Response:
    """Say what would be sought, with a hint taken if one was chosen, and keep all that was typed."""
    return _typed_form(request, desk, person, form, {})


@pages.get("/{identity}")
def result_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a search's result, always with what it covered."""
    made = reading.read_search(desk, person, identity)
    runs = may(person, Action.SEARCH_RUN)
    told: dict[str, Any] = {
        "made": made,
        "shown_facets": FACETS_SHOWN,
        "drawing": drawn(made.histogram, made.period),
        "hints": hints_for(desk, person, HintsIn.model_construct(**dict(made.scope))) if runs else None,
        "standing": own_running(desk, person),
    }
    return render(request, "searches/templates/result.html", **told)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _narrowed(asked: SearchIn, field: str) -> SearchIn:
    """Return a search with one more field in its query, as a value of a facet gives it."""
    if not field:
        return asked
    try:
        parse(field)  # by itself: what it lacks would be taken from the query that it stands before
    except BadQuery as error:
        raise BadInput(f"{error}.", code=f"query_{error.code}", field="query") from None
    values = asked.model_dump() | {"query": _before(field, asked.query)}
    return validated(SearchIn, values)


def _before(field: str, query: str) -> str:
    """Return a query with a field before it: after it, a colon that ends it ("ville :") would take the field in."""
    return f"{field} {query}".strip() if field else query


def _typed_form(
    request: Request, desk: Desk, person: Person, form: FormData, problems: Mapping[str, str], status: int = 200
) -> Response:
    """Show the form again with all that was typed, put right by the hint that was chosen, and with what it means."""
    values: dict[str, object] = dict(typed(form))
    values["query"] = _before(_text(form, "narrow"), _text(form, "query"))
    told = None
    try:
        before = read_form(HintsIn, form, lines=_LINES, many=("languages",)).model_copy(
            update={"query": values["query"]}
        )
        now = put_right(before, _text(form, "fix"))
        values |= {"query": now.query} | ({"cities": now.cities} if now.cities != before.cities else {})
        told = hints_for(desk, person, now)
    except BadInput as error:
        problems, status = {**problems_of(error), **problems}, max(status, error.status)
    if told and told.broken:
        problems, status = {"query": f"query_{told.broken.code}", **problems}, max(status, BadInput.status)
    return _form(request, desk, person, status=status, values=values, problems=problems, hints=told)


def _form(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values = {"values": {}, "problems": {}, "hints": None, "purposes": PURPOSES, "grounds": GROUNDS} | shown
    values |= {"earlier": reading.list_searches(desk, person, mine=True, limit=20)}
    values |= {"standing": own_running(desk, person)}
    return render(request, "searches/templates/search.html", status=status, **values)
