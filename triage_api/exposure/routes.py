"""One's own reading time: API and page. No address names a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.exposure import service
from triage_api.exposure.models import ExposureOut
from triage_api.shell.pages import go, local_path, render

api = APIRouter(prefix="/api/exposure", tags=["exposure"])
pages = APIRouter(prefix="/account/exposure", include_in_schema=False)

Anyone = Annotated[Person, Depends(allowed(Action.SESSION_OWN))]


@api.get("")
def read_exposure(desk: TheDesk, person: Anyone) -> ExposureOut:
    """Say how long one has read, today and in the last days."""
    return service.own_exposure(desk, person)


@api.post("/on", status_code=204)
def go_on(desk: TheDesk, person: Anyone) -> None:
    """Say that one goes on beyond the limit."""
    service.go_on(desk, person)


@pages.get("")
def exposure_page(request: Request, desk: TheDesk, person: Anyone) -> Response:
    """Show one's own reading time."""
    return render(request, "exposure/templates/exposure.html", own=service.own_exposure(desk, person))


@pages.post("/on")
def go_on_page(desk: TheDesk, person: Anyone, form: Form) -> Response:
    """Note that one goes on beyond the limit, and go back."""
    service.go_on(desk, person)
    return go(local_path(form.get("next")))
