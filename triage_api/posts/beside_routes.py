"""What is written beside a post: notes, tags, the checklist for a person whom nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from nlp.clean import clean
from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.posts import noting, unknown
from triage_api.posts.around_models import NoteGone, NoteIn, NoteOut, TagIn, TagsOut, TickedIn
from triage_api.posts.pages import AT_ONCE_COOKIE, show_checklist, show_post
from triage_api.posts.unknown import ChecklistOut
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, local_path

api = APIRouter(prefix="/api/posts", tags=["posts"])
pages = APIRouter(prefix="/posts", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.POST_READ))]
Works = Annotated[Person, Depends(allowed(Action.QUEUE_WORK))]


@api.post("/{identity}/notes", status_code=201)
def write_note(desk: TheDesk, person: Works, identity: ItemId, given: NoteIn) -> NoteOut:
    """Write a note beside a post; the register has that it was written."""
    return noting.write_note(desk, person, identity, given)


@api.post("/{identity}/unnote", status_code=204)
def take_note_back(desk: TheDesk, person: Works, identity: ItemId, given: NoteGone) -> None:
    """Take one's own note of the last day back."""
    noting.take_note_back(desk, person, identity, given)


@api.post("/{identity}/tags")
def put_tag(desk: TheDesk, person: Works, identity: ItemId, given: TagIn) -> TagsOut:
    """Put a tag on a post."""
    return noting.put_tag(desk, person, identity, given)


@api.post("/{identity}/untag")
def drop_tag(desk: TheDesk, person: Works, identity: ItemId, given: TagIn) -> TagsOut:
    """Take a tag off a post."""
    return noting.drop_tag(desk, person, identity, given)


@api.get("/{identity}/unknown")
def read_checklist(desk: TheDesk, person: Reads, identity: ItemId) -> ChecklistOut:
    """Say whom to reach when nobody knows who wrote a post."""
    return unknown.checklist(desk, person, identity)


@api.post("/{identity}/unknown", status_code=201)
def tick(desk: TheDesk, person: Works, identity: ItemId, given: TickedIn) -> NoteOut:
    """Keep what of the checklist is done, as a note."""
    return unknown.tick(desk, person, identity, given)


@pages.post("/opening")
def open_at_once(desk: TheDesk, form: Form, _person: Reads) -> Response:
    """Keep in a cookie whether texts are to be opened with their label, and go back."""
    response, secure = go(local_path(form.get("next"))), desk.store.settings.secure_cookies
    if form.get("at_once") == "1":
        response.set_cookie(AT_ONCE_COOKIE, "1", max_age=31_536_000, secure=secure, httponly=True, samesite="strict")
    else:
        response.delete_cookie(AT_ONCE_COOKIE, secure=secure, httponly=True, samesite="strict")
    return response


@pages.post("/{identity}/notes")
def note_on_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Keep a note and show the post again."""
    beside = Beside(request, desk, person, identity, form)
    return beside.do(lambda: noting.write_note(desk, person, identity, read_form(NoteIn, form)), "note")


@pages.post("/{identity}/unnote")
def take_note_back_on_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Take a note back and show the post again."""
    beside = Beside(request, desk, person, identity, form)
    return beside.do(lambda: noting.take_note_back(desk, person, identity, read_form(NoteGone, form)), "id")


@pages.post("/{identity}/tags")
def tag_on_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Put a tag on a post and show it again."""
    beside = Beside(request, desk, person, identity, form)
    return beside.do(lambda: noting.put_tag(desk, person, identity, read_form(TagIn, form)), "tag")


@pages.post("/{identity}/untag")
def untag_on_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Take a tag off a post and show it again."""
    beside = Beside(request, desk, person, identity, form)
    return beside.do(lambda: noting.drop_tag(desk, person, identity, read_form(TagIn, form)), "tag")


@pages.get("/{identity}/unknown")
def checklist_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show whom to reach when nobody knows who wrote a post, to follow or to print."""
    return show_checklist(request, desk, person, identity)


@pages.post("/{identity}/unknown")
def tick_on_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Keep what is done, or show the list again with all that was typed."""
    try:
        unknown.tick(desk, person, identity, read_form(TickedIn, form, many=("ticked",)))
    except BadInput as error:
        problems = problems_of(error)
        return show_checklist(request, desk, person, identity, values=typed(form), problems=problems, status=422)
    return go(f"/posts/{identity}/unknown")


@dataclass(frozen=True, slots=True)
class Beside:
    """A form beside a post's text; another one of the page, a decision half written, may have come along with it."""

    request: Request
    desk: Desk
    person: Person
    identity: str
    form: FormData

    def do(self, act: Callable[[], object], own: str) -> Response:
        """Do what the form asks, and show the post again with all that was typed but what is done."""
        try:
            act()
        except BadInput as error:
            return self._again(typed(self.form), problems_of(error), 422)
        except Conflict as error:
            return self._again(typed(self.form), {error.field or "": error.code}, 409)
        rest = {name: value for name, value in typed(self.form).items() if name != own}
        return self._again(rest, {}, 200) if rest else go(f"/posts/{self.identity}?{self._query()}#beside")

    def _query(self) -> str:
        """Return what opens the text again, with the words of the search that was being read."""
        search = clean(self.request.query_params.get("search", ""))
        return urlencode({"open": "1", **({"search": search} if search else {})})

    def _again(self, values: Mapping[str, object], problems: Mapping[str, str], status: int) -> Response:
        who = self.request, self.desk, self.person, self.identity
        return show_post(*who, values=values, problems=problems, status=status)
