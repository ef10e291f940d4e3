"""Fact sheets: API, page and PDF."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.evidence import service
from triage_api.evidence.layout import lay_out
from triage_api.evidence.models import Evidence, Sheet
from triage_api.evidence.pdf import pdf_of
from triage_api.shell.fields import ItemId
from triage_api.shell.pages import language_of, render

api = APIRouter(prefix="/api/posts", tags=["evidence"])
pages = APIRouter(prefix="/posts", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.POST_READ))]


@api.get("/{identity}/evidence")
def read_evidence(desk: TheDesk, person: Reads, identity: ItemId) -> Evidence:
    """Verify what is kept of a post and tell its digests, without its words; the call makes the entry."""
    return service.open_evidence(desk.store, person, identity)


@api.get("/{identity}/facts")
def read_facts(desk: TheDesk, person: Reads, identity: ItemId) -> Sheet:
    """Make a fact sheet of a post; the call makes the entry, which holds the sheet's digest."""
    return service.make_sheet(desk.store, person, identity)


@pages.get("/{identity}/facts")
def facts_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a fact sheet, to read or to print."""
    sheet = service.make_sheet(desk.store, person, identity)
    layout = lay_out(sheet, language_of(request))
    return render(request, "evidence/templates/facts.html", sheet=sheet, layout=layout)


@pages.get("/{identity}/facts.pdf")
def facts_pdf(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Send a fact sheet as PDF."""
    sheet = service.make_sheet(desk.store, person, identity)
    name = f'attachment; filename="vigie-{sheet.post}-v{sheet.version}.pdf"'
    told = pdf_of(sheet, language_of(request))
    return Response(told, headers={"Content-Disposition": name}, media_type="application/pdf")
