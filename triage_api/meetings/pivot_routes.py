"""Meetings as pivots see them: which organisations are to meet and whom to call, while it stands; and their answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.meetings import showing
from triage_api.meetings.models import AnswerIn, InvitationOut, InvitationPage
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/invitations", tags=["meetings"])
pages = APIRouter(prefix="/invitations", include_in_schema=False)

Answers = Annotated[Person, Depends(allowed(Action.MEETING_ANSWER))]


@api.get("")
def list_invitations(desk: TheDesk, person: Answers) -> InvitationPage:
    """List the meetings that are proposed to oneself as a pivot."""
    return showing.invitations(desk.store, person)


@api.get("/{identity}")
def read_invitation(desk: TheDesk, person: Answers, identity: ItemId) -> InvitationOut:
    """Read a meeting that is proposed: organisations, whom to call, until when."""
    return showing.read_invitation(desk.store, person, identity)


@api.post("/{identity}/reply")
def reply(desk: TheDesk, person: Answers, identity: ItemId, given: AnswerIn) -> InvitationOut:
    """Answer yes or no."""
    return showing.answer(desk.store, person, identity, given)


@pages.get("")
def invitations_page(request: Request, desk: TheDesk, person: Answers) -> Response:
    """Show the meetings that are proposed to oneself."""
    page = showing.invitations(desk.store, person)
    return render(request, "meetings/templates/invitations.html", page=page)


@pages.get("/{identity}")
def invitation_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId) -> Response:
    """Show a meeting and the two answers."""
    one = showing.read_invitation(desk.store, person, identity)
    return render(request, "meetings/templates/invitation.html", one=one, values={}, problems={})


@pages.post("/{identity}/reply")
def reply_from_page(request: Request, desk: TheDesk, person: Answers, identity: ItemId, form: Form) -> Response:
    """Answer, and show the meeting again."""
    try:
        showing.answer(desk.store, person, identity, read_form(AnswerIn, form))
    except BadInput as error:
        one = showing.read_invitation(desk.store, person, identity)
        problems = problems_of(error)
        return render(request, "meetings/templates/invitation.html", status=422, one=one, values={}, problems=problems)
    return go(f"/invitations/{identity}")
