"""Posts: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.posts import service
from triage_api.posts.models import PasteIn, PasteOut, PostOut
from triage_api.posts.pages import show_post
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import render

api = APIRouter(prefix="/api/posts", tags=["posts"])
pages = APIRouter(prefix="/posts", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.POST_READ))]
Pastes = Annotated[Person, Depends(allowed(Action.POST_PASTE))]


@api.get("/{identity}")
def read_post(desk: TheDesk, person: Reads, identity: ItemId, search: ItemId = "") -> PostOut:
    """Read a post; the call makes the entry in the register that reading needs. `search`: one's own that found it."""
    return service.open_post(desk, person, identity, search)


@api.post("", status_code=201)
def paste_post(desk: TheDesk, person: Pastes, given: PasteIn) -> PasteOut:
    """Take in a public text that a person saw where no collector may go."""
    return service.paste(desk, person, given)


@pages.get("/new")
def paste_page(request: Request, _person: Pastes) -> Response:
    """Show the form to paste a text."""
    values = {"request": request.query_params.get("request", "")}
    return render(request, "posts/templates/paste.html", values=values, problems={}, done=None)


@pages.post("/new")
def paste_from_page(request: Request, desk: TheDesk, person: Pastes, form: Form) -> Response:
    """Take a pasted text in, or show the form again with all that was typed."""
    try:
        done = service.paste(desk, person, read_form(PasteIn, form))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error), "done": None}
        return render(request, "posts/templates/paste.html", status=422, **shown)
    return render(request, "posts/templates/paste.html", status=201, values={}, problems={}, done=done)


@pages.get("/{identity}")
def post_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a post with its evidence, once its entry is in the register."""
    return show_post(request, desk, person, identity)
