"""Oversight: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.oversight import service
from triage_api.oversight.models import RegisterPage, SourcePage
from triage_api.shell.fields import Limit
from triage_api.shell.pages import render

_PER_PAGE = 50

api = APIRouter(prefix="/api", tags=["oversight"])
pages = APIRouter(include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.REGISTER_READ))]
Sources = Annotated[Person, Depends(allowed(Action.SOURCE_READ))]


@api.get("/register")
def read_register(
    desk: TheDesk, person: Reads, after: Annotated[int, Query(ge=0, lt=2**62)] = 0, limit: Limit = 100
) -> RegisterPage:
    """Read the register; reading it is an entry too."""
    return service.read_register(desk.store, person, after=after, limit=limit)


@api.get("/sources")
def list_sources(desk: TheDesk, person: Sources) -> SourcePage:
    """List the sources and their approvals."""
    return service.list_sources(desk.store, person)


@pages.get("/register")
def register_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the register, newest entries first; older pages by number."""
    asked = request.query_params.get("after", "")
    newest = service.newest_after(desk.store, person, _PER_PAGE)
    after = min(int(asked), newest) if asked.isdecimal() and len(asked) < 15 else newest
    page = service.read_register(desk.store, person, after=after, limit=_PER_PAGE)
    older = max(after - _PER_PAGE, 0) if after else None
    return render(request, "oversight/templates/register.html", page=page, older=older, newest=after == newest)


@pages.get("/sources")
def sources_page(request: Request, desk: TheDesk, person: Sources) -> Response:
    """Show the sources and their approvals."""
    return render(request, "oversight/templates/sources.html", page=service.list_sources(desk.store, person))
