"""The sources and what they cover: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import read_form
from triage_api.shell.pages import go, render
from triage_api.sources import service
from triage_api.sources.approving_routes import approval_context
from triage_api.sources.coverage import coverage_now
from triage_api.sources.covering import CoverageNow
from triage_api.sources.models import SeenIn, SourceOut, SourcePage

api = APIRouter(prefix="/api", tags=["sources"])
pages = APIRouter(include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.SOURCE_READ))]
Decides = Annotated[Person, Depends(allowed(Action.SOURCE_DECIDE))]
Covers = Annotated[Person, Depends(allowed(Action.COVERAGE_READ))]


@api.get("/coverage")
def read_coverage(desk: TheDesk, person: Covers) -> CoverageNow:
    """Tell what is looked at, how fresh it is, what is not looked at and why; to partners by kind, without names."""
    return coverage_now(desk.store, person)


@api.get("/sources")
def list_sources(desk: TheDesk, person: Reads) -> SourcePage:
    """List the sources, their approvals, how they do, and how long posts take from publication to the queue."""
    return service.list_sources(desk.store, person)


@api.get("/sources/{identity}")
def read_source(desk: TheDesk, person: Reads, identity: ItemId) -> SourceOut:
    """Tell how one source does: collections, errors, robots.txt, pace, fields, alerts, approval."""
    return service.read_source(desk.store, person, identity)


@api.post("/sources/{identity}/alerts/seen")
def see_alerts(desk: TheDesk, person: Decides, identity: ItemId, given: SeenIn) -> SourceOut:
    """Note that an alert of a source was seen, or all that are open; what is met again is told anew."""
    return service.see_alerts(desk.store, person, identity, given)


@pages.get("/coverage")
def coverage_page(request: Request, desk: TheDesk, person: Covers) -> Response:
    """Show what is looked at and what is not."""
    return render(request, "sources/templates/coverage.html", told=coverage_now(desk.store, person))


@pages.get("/sources")
def sources_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the sources."""
    return render(request, "sources/templates/sources.html", page=service.list_sources(desk.store, person))


@pages.get("/sources/{identity}")
def source_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show how one source does, and to a supervisor the forms of its approval."""
    one = service.read_source(desk.store, person, identity)
    return render(request, "sources/templates/source.html", one=one, **approval_context(desk, person, identity))


@pages.post("/sources/{identity}/alerts/seen")
def see_from_page(desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Note that an alert was seen."""
    service.see_alerts(desk.store, person, identity, read_form(SeenIn, form))
    return go(f"/sources/{identity}")
