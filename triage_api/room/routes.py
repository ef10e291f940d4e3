"""The reading room: pages alone. There is no API: what a program reads is a copy."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.room import paraphrasing, reading
from triage_api.room.agreeing import LEAST_SHARED
from triage_api.room.models import LONGEST, CodesIn, JudgeIn, ParaphraseIn
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

pages = APIRouter(include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.ROOM_READ))]
Reviews = Annotated[Person, Depends(allowed(Action.PARAPHRASE_REVIEW))]


@pages.get("/room")
def rooms_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the rooms that one may enter."""
    return render(request, "room/templates/rooms.html", rooms=reading.rooms(desk.store, person))


@pages.get("/room/{identity}")
def room_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show the list of a room's texts: which are coded, how far coders agree, and nothing of what they say."""
    room, lines, agreed = reading.room(desk.store, person, identity)
    page = "room/templates/room.html"
    return render(request, page, room=room, lines=lines, agreed=agreed, least_shared=LEAST_SHARED)


@pages.get("/room/texts/{identity}")
def text_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a text of a room, redacted."""
    return _text(request, desk, person, identity)


@pages.post("/room/texts/{identity}/codes")
def code_from_page(request: Request, desk: TheDesk, person: Reads, form: Form, identity: ItemId) -> Response:
    """Keep the codes of a text, and go on to the next one."""
    try:
        given = read_form(CodesIn, form, many=("codes",))
        study, after = reading.give_codes(desk.store, person, identity, given)
    except BadInput as error:
        return _text(request, desk, person, identity, status=error.status, problems=problems_of(error))
    return go(f"/room/texts/{after}" if after else f"/room/{study}")


@pages.post("/room/texts/{identity}/paraphrase")
def paraphrase_from_page(request: Request, desk: TheDesk, person: Reads, form: Form, identity: ItemId) -> Response:
    """Keep a paraphrase for a reviewer."""
    try:
        paraphrasing.write_paraphrase(desk.store, person, identity, read_form(ParaphraseIn, form))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error)}
        return _text(request, desk, person, identity, status=error.status, **shown)
    return go(f"/room/texts/{identity}")


@pages.get("/paraphrases")
def paraphrases_page(request: Request, desk: TheDesk, person: Reviews) -> Response:
    """Show which paraphrases wait for a reviewer."""
    return render(request, "room/templates/paraphrases.html", waiting=paraphrasing.waiting(desk.store, person))


@pages.get("/paraphrases/{identity}")
def paraphrase_page(request: Request, desk: TheDesk, person: Reviews, identity: ItemId) -> Response:
    """Show a paraphrase beside the text that it is of."""
    return _review(request, desk, person, identity)


@pages.post("/paraphrases/{identity}")
def judge_from_page(request: Request, desk: TheDesk, person: Reviews, form: Form, identity: ItemId) -> Response:
    """Let a paraphrase leave, or refuse it."""
    try:
        paraphrasing.judge(desk.store, person, identity, read_form(JudgeIn, form))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _review(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go("/paraphrases")


def _text(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "most": LONGEST}
    values["opened"] = reading.open_text(desk, person, identity)
    return render(request, "room/templates/text.html", status=status, **(values | shown))


def _review(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}}
    values["one"] = paraphrasing.open_paraphrase(desk, person, identity)
    return render(request, "room/templates/paraphrase.html", status=status, **(values | shown))
