"""Meetings at the desk: where cases meet, who already helps, and proposing that pivots meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotAllowed
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.directory.finding import valid_pivots
from triage_api.grounds.catalogue import GROUNDS
from triage_api.meetings import helping, proposing, showing
from triage_api.meetings.models import ConfirmIn, CrossingPage, HelpingOut, MeetingIn, MeetingOut, MeetingPage
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import one_of, problems_of, typed, validated
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/meetings", tags=["meetings"])
pages = APIRouter(prefix="/meetings", include_in_schema=False)
beside_api = APIRouter(prefix="/api/requests", tags=["meetings"])
beside_pages = APIRouter(prefix="/requests", include_in_schema=False)

Proposes = Annotated[Person, Depends(allowed(Action.MEETING_PROPOSE))]
_FACT = "facts."


@api.get("")
def list_meetings(desk: TheDesk, person: Proposes) -> MeetingPage:
    """List the meetings that were proposed."""
    return showing.list_meetings(desk.store, person)


@api.post("", status_code=201)
def propose(desk: TheDesk, person: Proposes, given: MeetingIn) -> MeetingOut:
    """Propose that the pivots of organisations meet; it waits for a second person where it needs two."""
    made = proposing.propose(desk.store, person, given)
    return showing.read_meeting(desk.store, person, made)


@api.get("/crossings")
def list_crossings(desk: TheDesk, person: Proposes) -> CrossingPage:
    """List the requests that meet, and the cases that moved between regions; by which kinds of things alone."""
    return helping.crossings(desk.store, person)


@api.get("/{identity}")
def read_meeting(desk: TheDesk, person: Proposes, identity: ItemId) -> MeetingOut:
    """Read a meeting, with why it was proposed and what was answered."""
    return showing.read_meeting(desk.store, person, identity)


@api.post("/{identity}/confirm")
def confirm(desk: TheDesk, person: Proposes, identity: ItemId, given: ConfirmIn) -> MeetingOut:
    """Let a meeting go on that somebody else asked for."""
    proposing.confirm(desk.store, person, identity, given)
    return showing.read_meeting(desk.store, person, identity)


@api.post("/{identity}/end")
def end(desk: TheDesk, person: Proposes, identity: ItemId) -> MeetingOut:
    """End a meeting: no pivot is shown it any more."""
    proposing.end(desk.store, person, identity)
    return showing.read_meeting(desk.store, person, identity)


@beside_api.get("/{identity}/helping")
def read_helping(desk: TheDesk, person: Proposes, identity: ItemId) -> HelpingOut:
    """Read which organisations already help the youth of a request, and which requests it meets; it is an entry."""
    return helping.helping(desk.store, person, identity)


@pages.get("")
def meetings_page(request: Request, desk: TheDesk, person: Proposes) -> Response:
    """Show the meetings that were proposed."""
    page = showing.list_meetings(desk.store, person)
    return render(request, "meetings/templates/meetings.html", page=page)


@pages.get("/crossings")
def crossings_page(request: Request, desk: TheDesk, person: Proposes) -> Response:
    """Show where cases meet."""
    page = helping.crossings(desk.store, person)
    return render(request, "meetings/templates/crossings.html", page=page)


@pages.get("/new")
def new_page(request: Request, desk: TheDesk, _person: Proposes) -> Response:
    """Show the form for a meeting; an address may name the requests and the ground."""
    named = [one[:300] for one in request.query_params.getlist("requests")][:6]
    ground = one_of(list(GROUNDS), request.query_params.get("ground"))
    return _form(request, desk, values={"requests": named, "ground": ground or ""})


@pages.post("")
def propose_from_page(request: Request, desk: TheDesk, person: Proposes, form: Form) -> Response:
    """Propose a meeting, or show the form again with all that was typed."""
    try:
        made = proposing.propose(desk.store, person, _read(form))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {error.field or "": error.code}
        return _form(request, desk, status=error.status, values=typed(form), problems=problems)
    return go(f"/meetings/{made}")


@pages.get("/{identity}")
def meeting_page(request: Request, desk: TheDesk, person: Proposes, identity: ItemId) -> Response:
    """Show a meeting."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/confirm")
def confirm_from_page(request: Request, desk: TheDesk, person: Proposes, identity: ItemId, form: Form) -> Response:
    """Let a meeting go on."""

    def act() -> None:
        given = validated(ConfirmIn, {"reason": str(form.get("reason") or "")})
        proposing.confirm(desk.store, person, identity, given)

    return _act(request, desk, person, identity, act, form)


@pages.post("/{identity}/end")
def end_from_page(request: Request, desk: TheDesk, person: Proposes, identity: ItemId, form: Form) -> Response:
    """End a meeting."""
    return _act(request, desk, person, identity, lambda: proposing.end(desk.store, person, identity), form)


@beside_pages.get("/{identity}/helping")
def helping_page(request: Request, desk: TheDesk, person: Proposes, identity: ItemId) -> Response:
    """Show who already helps the youth of a request, and which requests it meets."""
    one = helping.helping(desk.store, person, identity)
    return render(request, "meetings/templates/helping.html", one=one)


def _read(form: Form) -> MeetingIn:
    facts = {name.removeprefix(_FACT): str(form[name]) for name in form if name.startswith(_FACT)}
    requests = [line.strip() for text in form.getlist("requests") for line in str(text).splitlines() if line.strip()]
    plain = {name: str(form.get(name) or "") for name in ("ground", "why", "call")}
    pivots = [str(one) for one in form.getlist("pivots") if one]
    return validated(MeetingIn, {"requests": requests, "pivots": pivots, "facts": facts, **plain}, parts=("facts",))


def _act(request: Request, desk: Desk, person: Person, identity: str, act: Callable[[], None], form: Form) -> Response:
    try:
        act()
    except (BadInput, Conflict, NotAllowed) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _page(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/meetings/{identity}")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}} | shown
    one = showing.read_meeting(desk.store, person, identity)
    return render(request, "meetings/templates/meeting.html", status=status, one=one, **values)


def _form(request: Request, desk: Desk, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}} | shown
    with desk.store.database.reading() as session:
        pivots = valid_pivots(session, desk.store)
        told = [(pivot.id, organisation.name, pivot.name, organisation.kind) for organisation, pivot in pivots]
    grounds = list(GROUNDS.values())
    return render(request, "meetings/templates/new.html", status=status, pivots=told, grounds=grounds, **values)
