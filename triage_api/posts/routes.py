"""Posts: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotFound, VigieError
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.posts import pasting, revealing, service
from triage_api.posts.models import PLATFORMS, PasteIn, PasteOut, PostOut, RevealIn, RevealOut
from triage_api.posts.pages import show_checklist, show_post
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import render

api = APIRouter(prefix="/api/posts", tags=["posts"])
pages = APIRouter(prefix="/posts", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.POST_READ))]
Pastes = Annotated[Person, Depends(allowed(Action.POST_PASTE))]
Reveals = Annotated[Person, Depends(allowed(Action.IDENTIFIER_REVEAL))]


@api.get("/{identity}")
def read_post(desk: TheDesk, person: Reads, identity: ItemId, search: ItemId = "") -> PostOut:
    """Read a post; the call makes the entry in the register that reading needs. `search`: one's own that found it."""
    return service.open_post(desk, person, identity, search)


@api.post("", status_code=201)
def paste_post(desk: TheDesk, person: Pastes, given: PasteIn) -> PasteOut:
    """Take in a public text that a person saw where no collector may go."""
    return pasting.paste(desk, person, given)


@api.post("/{identity}/reveal")
def reveal(desk: TheDesk, person: Reveals, identity: ItemId, given: RevealIn) -> RevealOut:
    """Tell the address or the author of a post; the call makes the entry, with why."""
    return revealing.reveal(desk, person, identity, given)


@pages.get("/new")
def paste_page(request: Request, _person: Pastes) -> Response:
    """Show the form to paste a text."""
    values = {"request": request.query_params.get("request", "")}
    return _paste_form(request, values=values)


@pages.post("/new")
def paste_from_page(request: Request, desk: TheDesk, person: Pastes, form: Form) -> Response:
    """Take a pasted text in, or show the form again with all that was typed."""
    try:
        done = pasting.paste(desk, person, read_form(PasteIn, form))
    except BadInput as error:
        return _paste_again(request, form, problems_of(error), error)
    except NotFound as error:
        return _paste_again(request, form, {"request": "unknown_request"}, error)
    return _paste_form(request, status=201, done=done)


@pages.get("/{identity}")
def post_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a post's label; `?open=1` shows its text with the evidence, once its entry is in the register."""
    return show_post(request, desk, person, identity)


@pages.post("/{identity}/reveal")
def reveal_on_page(request: Request, desk: TheDesk, person: Reveals, identity: ItemId, form: Form) -> Response:
    """Show a post, or the checklist that the form stands on, with what was masked; or again with all that was typed."""
    show = show_checklist if form.get("on") == "unknown" else show_post
    who = request, desk, person, identity
    values = {name: value for name, value in typed(form).items() if name != "on"}
    try:
        told = revealing.reveal(desk, person, identity, read_form(RevealIn, form))
    except BadInput as error:
        return show(*who, values=values, problems=problems_of(error), status=422)
    except Conflict as error:
        return show(*who, values=values, problems={"what": error.code}, status=409)
    rest = {name: value for name, value in values.items() if name not in ("what", "why")}
    return show(*who, values=rest, revealed=told)


def _paste_again(request: Request, form: Form, problems: dict[str, str], error: VigieError) -> Response:
    """Show the form to paste a text with all that was typed."""
    return _paste_form(request, status=error.status, values=typed(form), problems=problems)


def _paste_form(request: Request, *, status: int = 200, **shown: object) -> Response:
    """Show the form to paste a text: empty, with what was typed, or with what was done."""
    told = {"values": {}, "problems": {}, "done": None, "platforms": PLATFORMS} | shown
    return render(request, "posts/templates/paste.html", status=status, **told)
