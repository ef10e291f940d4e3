"""The grounds: API, and the page where one is picked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from triage_api.access.guard import allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.directory.kinds import KINDS
from triage_api.grounds.catalogue import GROUNDS, catalogue
from triage_api.grounds.models import GroundPage
from triage_api.grounds.service import grounds_page
from triage_api.shell.forms import one_of
from triage_api.shell.pages import render

api = APIRouter(prefix="/api/grounds", tags=["grounds"])
pages = APIRouter(prefix="/grounds", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.DIRECTORY_READ))]
_KEPT = ("request", "post", "posts", "pivot", "stage")
"""What the form of a referral had when it led here, to lead back with."""


@api.get("")
def list_grounds(_person: Reads) -> GroundPage:
    """List the grounds with what each requires, and the fields that each kind of organisation may be told."""
    return grounds_page()


@pages.get("")
def pick_ground(request: Request, _person: Reads) -> Response:
    """Show the grounds, or those on which a kind of organisation may be told, each to be picked for a referral."""
    kind = one_of(KINDS, request.query_params.get("kind"))
    shown = [ground for ground in GROUNDS.values() if kind is None or kind in ground.kinds]
    kept = {name: request.query_params[name] for name in _KEPT if request.query_params.get(name)}
    template = "grounds/templates/grounds.html"
    return render(request, template, grounds=shown, kind=kind, kinds=KINDS, kept=kept, catalogue=catalogue())
