"""The register: API and pages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from store.errors import BadInput
from store.register import Event
from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.oversight import service
from triage_api.oversight.addresses import filters_of
from triage_api.oversight.models import EntryFilter, RegisterPage
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import render

_PER_PAGE = 50
_LONGEST = 15
"""No entry has so many digits in its number."""
TOLD = (
    "purpose",
    "ground",
    "request",
    "count",
    "total",
    "relation",
    "error",
    "kind",
    "verdict",
    "finding",
    "targeted",
    "random",
    "pseudonym",
    "tier",
)
"""What an entry tells that the page says in words; the rest stands in its details."""

api = APIRouter(prefix="/api", tags=["oversight"])
pages = APIRouter(include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.REGISTER_READ))]


class _Asked(EntryFilter):
    """A filter and where to begin."""

    after: Annotated[int, Query(ge=0, lt=2**62)] = 0
    limit: Annotated[int, Query(ge=1, le=200)] = 100


@api.get("/register")
def read_register(desk: TheDesk, person: Reads, asked: Annotated[_Asked, Query()]) -> RegisterPage:
    """Read the register; reading it is an entry too."""
    wanted = EntryFilter.model_validate(asked.model_dump(include=set(EntryFilter.model_fields)))
    return service.read_register(desk.store, person, after=asked.after, limit=asked.limit, wanted=wanted)


@pages.get("/register")
def register_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the register, newest entries first, all or some."""
    given = filters_of(request)
    try:
        wanted = read_form(EntryFilter, given)
    except BadInput as error:
        return _register(request, RegisterPage(items=[], next=None), problems=problems_of(error), status=422)
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < _LONGEST else None
    return _register(request, service.read_newest(desk.store, person, before=before, limit=_PER_PAGE, wanted=wanted))


def _register(
    request: Request, page: RegisterPage, *, problems: dict[str, str] | None = None, status: int = 200
) -> Response:
    values = typed(filters_of(request))
    older = urlencode({**values, "before": page.next}, doseq=True) if page.next else ""
    shown = {
        "older": older,
        "page": page,
        "values": values,
        "problems": problems or {},
        "events": list(Event),
        "told": TOLD,
    }
    return render(request, "oversight/templates/register.html", status=status, **shown)
