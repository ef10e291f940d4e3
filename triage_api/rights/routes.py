"""Rights: the public pages, without an account; API and pages of the desk that answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from store.errors import BadInput, Conflict, TooManyAttempts, VigieError
from triage_api.access.guard import Form, TheDesk, allowed, form_of, visitor
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.access.routes import address_of
from triage_api.desk import Desk
from triage_api.rights import answering
from triage_api.rights.models import (
    HOWS,
    KINDS,
    OUTCOMES,
    WHO,
    AnswerIn,
    CaseLine,
    CaseOut,
    CasePage,
    CodeIn,
    IdentityIn,
    RightsIn,
)
from triage_api.rights.receiving import read_by_code, receive
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, language_of, render

MOST = 20_000
"""Bytes that somebody without an account may send."""

api = APIRouter(prefix="/api/rights", tags=["rights"])
pages = APIRouter(prefix="/rights", include_in_schema=False)


async def small_form(request: Request) -> FormData:
    """Return the form that was sent, unless it is larger than any that a person fills in."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST:
        raise HTTPException(413, f"At most {MOST} bytes.")
    return await form_of(request)


Visitor = Annotated[Person | None, Depends(visitor)]
Small = Annotated[FormData, Depends(small_form)]
Answers = Annotated[Person, Depends(allowed(Action.RIGHTS_ANSWER))]


@api.get("")
def list_cases(desk: TheDesk, person: Answers) -> CasePage:
    """List what people ask about themselves, without content: first what waits."""
    return answering.list_cases(desk.store, person)


@api.get("/{identity}")
def read_case(desk: TheDesk, person: Answers, identity: ItemId) -> CaseOut:
    """Read a request; the call makes the entry."""
    return answering.open_case(desk.store, person, identity)


@api.post("/{identity}/identity")
def check_identity(desk: TheDesk, person: Answers, identity: ItemId, given: IdentityIn) -> CaseLine:
    """Write down how it was checked who asks."""
    return answering.check_identity(desk.store, person, identity, given)


@api.post("/{identity}/answer")
def answer(desk: TheDesk, person: Answers, identity: ItemId, given: AnswerIn) -> CaseLine:
    """Answer a request, once."""
    return answering.answer(desk.store, person, identity, given)


@pages.get("")
def ask_page(request: Request, desk: TheDesk, _visitor: Visitor) -> Response:
    """Say what is kept and what one may ask, with the form."""
    return _ask(request, desk)


@pages.post("")
def ask_on_page(request: Request, desk: TheDesk, _visitor: Visitor, form: Small) -> Response:
    """Keep what a person asks, and show the code once; or the form again with all that was typed."""
    try:
        given = read_form(RightsIn, form, lines=("identifiers",))
        received = receive(desk.store, given, language_of(request), address_of(request))
    except (BadInput, TooManyAttempts) as error:
        return _ask(request, desk, status=error.status, values=typed(form), problems=_problems(error))
    return _ask(request, desk, received=received)


@pages.get("/answer")
def code_page(request: Request, desk: TheDesk, _visitor: Visitor) -> Response:
    """Show where the code is typed."""
    return _answer(request, desk)


@pages.post("/answer")
def answer_page(request: Request, desk: TheDesk, _visitor: Visitor, form: Small) -> Response:
    """Show the answer to whoever holds its code; a wrong, an old and a missing one give one and the same page."""
    try:
        found = read_by_code(desk.store, read_form(CodeIn, form).code, address_of(request))
    except BadInput as error:
        return _answer(request, desk, status=422, values=typed(form), problems=problems_of(error))
    except TooManyAttempts as error:
        return _answer(request, desk, status=error.status, values=typed(form), problems={"code": error.code})
    if found is None:
        return _answer(request, desk, status=422, values=typed(form), problems={"code": "unknown_code"})
    return _answer(request, desk, found=found)


@pages.get("/cases")
def cases_page(request: Request, desk: TheDesk, person: Answers) -> Response:
    """Show what people ask about themselves."""
    page = answering.list_cases(desk.store, person)
    return render(request, "rights/templates/cases.html", page=page)


@pages.get("/cases/{identity}")
def case_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId) -> Response:
    """Show a request; the visit makes the entry."""
    return _case(request, desk, person, identity)


@pages.post("/cases/{identity}/identity")
def identity_on_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Write down how it was checked who asks."""
    try:
        answering.check_identity(desk.store, person, identity, read_form(IdentityIn, form))
    except (BadInput, Conflict) as error:
        return _again(request, desk, person, identity, form, error)
    return go(f"/rights/cases/{identity}")


@pages.post("/cases/{identity}/search")
def search_on_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Search the posts for whoever asks; it is in the register like any search."""
    try:
        return go(f"/searches/{answering.look_up(desk, person, identity)}")
    except (BadInput, Conflict) as error:
        return _again(request, desk, person, identity, form, error)


@pages.post("/cases/{identity}/answer")
def answer_on_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Answer a request, or show the form again with all that was typed."""
    try:
        answering.answer(desk.store, person, identity, read_form(AnswerIn, form))
    except (BadInput, Conflict) as error:
        return _again(request, desk, person, identity, form, error)
    return go(f"/rights/cases/{identity}")


def _problems(error: VigieError) -> dict[str, str]:
    return problems_of(error) if isinstance(error, BadInput) else {"": error.code}


def _ask(request: Request, desk: Desk, *, status: int = 200, **shown: object) -> Response:
    settings = desk.store.settings
    values: dict[str, object] = {"values": {}, "problems": {}, "received": None, "kinds": KINDS, "who": WHO} | shown
    values |= {"contact": settings.rights_contact, "days": settings.rights_days}
    return render(request, "rights/templates/ask.html", status=status, **values)


def _answer(request: Request, desk: Desk, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "found": None} | shown
    values["contact"] = desk.store.settings.rights_contact
    return render(request, "rights/templates/answer.html", status=status, **values)


def _case(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    one = answering.open_case(desk.store, person, identity)
    values: dict[str, object] = {"values": {}, "problems": {}, "one": one} | shown
    values |= {"hows": [how for how in HOWS if how != "not_needed" or one.kind == "complaint"], "outcomes": OUTCOMES}
    return render(request, "rights/templates/case.html", status=status, **values)


def _again(request: Request, desk: Desk, person: Person, identity: str, form: FormData, error: VigieError) -> Response:
    return _case(request, desk, person, identity, status=error.status, values=typed(form), problems=_problems(error))
