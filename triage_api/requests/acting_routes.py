"""What is done with a request: messages, its answer, that the youth is found, and looking longer for a runaway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.requests import answering, found, messages, runaway, service
from triage_api.requests.models import AnswerIn, AnswerOut, FoundIn, MessageIn, MessageOut, RenewIn, RequestOut
from triage_api.requests.showing import page_of
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed, validated
from triage_api.shell.pages import go

api = APIRouter(prefix="/api/requests", tags=["requests"])
pages = APIRouter(prefix="/requests", include_in_schema=False)

Writes = Annotated[Person, Depends(allowed(Action.REQUEST_MESSAGE))]
Answers = Annotated[Person, Depends(allowed(Action.REQUEST_ANSWER))]


@api.post("/{identity}/messages", status_code=201)
def add_message(desk: TheDesk, person: Writes, identity: ItemId, given: MessageIn) -> MessageOut:
    """Add a message."""
    return messages.add_message(desk, person, identity, given)


@api.post("/{identity}/answer", status_code=201)
def answer_request(desk: TheDesk, person: Answers, identity: ItemId, given: AnswerIn) -> AnswerOut:
    """Answer a request; what tells something about the youth needs a ground of /api/grounds."""
    return answering.answer(desk, person, identity, given)


@api.post("/{identity}/found")
def tell_found(desk: TheDesk, person: Writes, identity: ItemId, given: FoundIn) -> RequestOut:
    """Say that the youth is found: from then on nothing is searched or matched for the request."""
    found.tell_found(desk, person, identity, given)
    return service.read_request(desk, person, identity)


@api.post("/{identity}/renew")
def renew(desk: TheDesk, person: Answers, identity: ItemId, given: RenewIn) -> RequestOut:
    """Look for a runaway longer, from now on."""
    runaway.renew(desk, person, identity, given)
    return service.read_request(desk, person, identity)


@pages.post("/{identity}/messages")
def message_from_page(request: Request, desk: TheDesk, person: Writes, identity: ItemId, form: Form) -> Response:
    """Add a message and go back to the request."""

    def act() -> None:
        messages.add_message(desk, person, identity, read_form(MessageIn, form))

    return _done(request, desk, person, identity, act, _renamed(form, "message"), "message")


@pages.post("/{identity}/answer")
def answer_from_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Answer a request, or show it again with all that was typed."""

    def act() -> None:
        answering.answer(desk, person, identity, read_answer_form(form))

    return _done(request, desk, person, identity, act, typed(form))


@pages.post("/{identity}/found")
def found_from_page(request: Request, desk: TheDesk, person: Writes, identity: ItemId, form: Form) -> Response:
    """Note that the youth is found."""

    def act() -> None:
        found.tell_found(desk, person, identity, read_form(FoundIn, form))

    return _done(request, desk, person, identity, act, typed(form))


@pages.post("/{identity}/renew")
def renew_from_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Look for a runaway longer."""

    def act() -> None:
        runaway.renew(desk, person, identity, read_form(RenewIn, form))

    return _done(request, desk, person, identity, act, typed(form))


def read_answer_form(form: FormData) -> AnswerIn:
    """Return the answer that a form fills in; what the ground asks for is named ``facts.NAME``. `BadForm` else."""
    sent = {name: value.strip() for name, value in form.items() if isinstance(value, str) and value.strip()}
    values: dict[str, Any] = {name: sent[name] for name in ("kind", "text", "ground", "to") if name in sent}
    values["fields"] = [value for value in form.getlist("fields") if isinstance(value, str)]
    values["facts"] = {name.partition(".")[2]: said for name, said in sent.items() if name.startswith("facts.")}
    return validated(AnswerIn, values, parts=("facts",))


def _done(  # noqa: PLR0917 - a page, who asks for it, and what is done first
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    act: Callable[[], None],
    values: dict[str, Any],
    only: str = "",
) -> Response:
    """Do something and go back to the request, or show it again with all that was typed.

    `only` is the one field of the page's form, where that has another name there.
    """
    try:
        act()
    except (BadInput, Conflict) as error:
        wrong = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        problems = {only: next(iter(wrong.values()))} if only and "" not in wrong else wrong
        return page_of(request, desk, person, identity, status=error.status, values=values, problems=problems)
    return go(f"/requests/{identity}")


def _renamed(form: FormData, name: str) -> dict[str, Any]:
    """Return what was typed into a form of one field, under the name that it has on the page."""
    return {name: typed(form).get("text", "")}
