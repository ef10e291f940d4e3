"""Subjects: the call and the page by which one is erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.requests.service import read_request
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import render
from triage_api.subjects.erasing import erase_subject
from triage_api.subjects.models import Erased, EraseIn

api = APIRouter(prefix="/api/requests", tags=["requests"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Erases = Annotated[Person, Depends(allowed(Action.SUBJECT_ERASE))]
_PAGE = "subjects/templates/erase.html"


@api.post("/{identity}/erase")
def erase_request(desk: TheDesk, person: Erases, identity: ItemId, given: EraseIn) -> Erased:
    """Erase the subject of a request: what was told, searched and pasted, and the key to it. It cannot be undone."""
    return erase_subject(desk.store, person, identity, given)


@pages.get("/{identity}/erase")
def erase_page(request: Request, desk: TheDesk, person: Erases, identity: ItemId) -> Response:
    """Ask whether the subject of a request is to be erased, and why."""
    one = read_request(desk, person, identity)
    return render(request, _PAGE, one=one, done=None, values={}, problems={})


@pages.post("/{identity}/erase")
def erase_from_page(request: Request, desk: TheDesk, person: Erases, identity: ItemId, form: Form) -> Response:
    """Erase the subject of a request and say what went, or ask again with what was typed."""
    try:
        done = erase_subject(desk.store, person, identity, read_form(EraseIn, form))
    except (BadInput, Conflict) as error:
        one = read_request(desk, person, identity)
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        shown = {"one": one, "done": None, "values": typed(form), "problems": problems}
        return render(request, _PAGE, status=error.status, **shown)
    return render(request, _PAGE, one=None, done=done, values={}, problems={})
