"""Approving a source: API and the page with its three forms, which the source's own page shows too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from crawlers.sources.approvals import MAX_RETENTION, REGIONS
from store.errors import BadInput, Conflict, NotAllowed
from store.store import Store
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render
from triage_api.sources import approving
from triage_api.sources.approving_models import GrantIn, LeaveIn, SourceStanding, SuspendIn

api = APIRouter(prefix="/api/sources", tags=["sources"])
pages = APIRouter(prefix="/sources", include_in_schema=False)

Given = TypeVar("Given", bound=BaseModel)
Reads = Annotated[Person, Depends(allowed(Action.SOURCE_READ))]
Decides = Annotated[Person, Depends(allowed(Action.SOURCE_DECIDE))]


@api.get("/{identity}/approval")
def read_approval(desk: TheDesk, person: Reads, identity: ItemId) -> SourceStanding:
    """Say how a source stands: approved until when and by whom, or what is missing."""
    return approving.standing_of(desk.store, person, identity)


@api.post("/{identity}/approval", status_code=201)
def ask(desk: TheDesk, person: Decides, identity: ItemId, given: LeaveIn) -> SourceStanding:
    """Ask for leave to collect a source; it holds once somebody else has granted it."""
    return approving.ask(desk.store, person, identity, given)


@api.post("/{identity}/approval/grant")
def grant(desk: TheDesk, person: Decides, identity: ItemId, given: GrantIn) -> SourceStanding:
    """Grant the leave that somebody else asked for; from now on the source is collected."""
    return approving.grant(desk.store, person, identity, given)


@api.post("/{identity}/suspend")
def suspend(desk: TheDesk, person: Decides, identity: ItemId, given: SuspendIn) -> SourceStanding:
    """Suspend a source at once; a collection that runs sends nothing more."""
    return approving.suspend(desk.store, person, identity, given)


@pages.get("/{identity}/approval")
def approval_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show how a source stands, and to a supervisor the forms that change it."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/approval")
def ask_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Ask for leave."""
    return _done(request, desk, person, identity, form, act=approving.ask, given=LeaveIn)


@pages.post("/{identity}/approval/grant")
def grant_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Grant the leave that waits."""
    return _done(request, desk, person, identity, form, act=approving.grant, given=GrantIn)


@pages.post("/{identity}/suspend")
def suspend_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Suspend a source."""
    return _done(request, desk, person, identity, form, act=approving.suspend, given=SuspendIn)


def approval_context(desk: Desk, person: Person, identity: str) -> dict[str, Any]:
    """Return what ``sources/templates/source_approval.html`` shows of a source; `NotFound` if it is not declared."""
    standing = approving.standing_of(desk.store, person, identity)
    alone = standing.alone_at is not None and standing.alone_at <= desk.store.clock()
    return {
        "approval": standing,
        "may_alone": standing.by_me and alone,
        "regions": REGIONS,
        "max_retention": MAX_RETENTION,
        "values": {},
        "problems": {},
    }


def _done(
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    form: Form,
    *,
    act: Callable[[Store, Person, str, Given], SourceStanding],
    given: type[Given],
) -> Response:
    """Do what a form asks for, or show it again with all that was typed."""
    try:
        act(desk.store, person, identity, read_form(given, form))
    except (BadInput, Conflict, NotAllowed) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _page(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/sources/{identity}/approval")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values = approval_context(desk, person, identity) | shown
    return render(request, "sources/templates/approval.html", status=status, identity=identity, **values)
