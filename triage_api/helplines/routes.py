"""The public page on what to know before searching, for parents and workers without an account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from triage_api.access.guard import TheDesk, visitor
from triage_api.access.models import Person
from triage_api.directory.kinds import REGIONS
from triage_api.helplines.lines import Helplines, youth_protection
from triage_api.shell.forms import one_of
from triage_api.shell.pages import render

pages = APIRouter(include_in_schema=False)


@pages.get("/before")
def before_page(request: Request, desk: TheDesk, _visitor: Annotated[Person | None, Depends(visitor)]) -> Response:
    """Say what searching from one's own profile does, what to do instead and whom to call, in one's region."""
    region = one_of(REGIONS, request.query_params.get("region"))
    found = []
    if region:
        with desk.store.database.reading() as session:
            found = youth_protection(session, [region], desk.store.clock())
    lines = Helplines(dpj=found, region=region or "")
    shown: dict[str, Any] = {"regions": REGIONS, "region": region, "found": found, "helplines": lines}
    return render(request, "helplines/templates/before.html", **shown)
