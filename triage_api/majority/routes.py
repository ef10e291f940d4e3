"""The call and the form by which the desk writes a birth date down."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.majority.born import BornIn, write_born
from triage_api.requests.models import RequestOut
from triage_api.requests.service import read_request
from triage_api.requests.showing import page_of
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go

api = APIRouter(prefix="/api/requests", tags=["requests"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Answers = Annotated[Person, Depends(allowed(Action.REQUEST_ANSWER))]


@api.post("/{identity}/born")
def tell_born(desk: TheDesk, person: Answers, identity: ItemId, given: BornIn) -> RequestOut:
    """Write down the youth's birth date, once it is known: it decides when minority ends."""
    write_born(desk, person, identity, given)
    return read_request(desk, person, identity)


@pages.post("/{identity}/born")
def born_from_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Write down the youth's birth date and go back to the request, or show it again with what was typed."""
    try:
        write_born(desk, person, identity, read_form(BornIn, form))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return page_of(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/requests/{identity}")
