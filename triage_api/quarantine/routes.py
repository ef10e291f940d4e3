"""The quarantine: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.quarantine import service
from triage_api.quarantine.models import OUTCOMES, HeldOut, HeldPage, OpenedOut, OpenIn, OutcomeIn, PackageIn
from triage_api.quarantine.packing import command_for, new_passphrase
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/quarantine", tags=["quarantine"])
pages = APIRouter(prefix="/quarantine", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.QUARANTINE_READ))]
Decides = Annotated[Person, Depends(allowed(Action.QUARANTINE_DECIDE))]


@api.get("")
def list_held(desk: TheDesk, person: Reads, limit: Limit = 100, cursor: Cursor = None) -> HeldPage:
    """List sealed texts, without a word of any: when, from which source, by whom, and what became of them."""
    return service.list_held(desk.store, person, limit=limit, cursor=cursor)


@api.get("/{identity}")
def read_item(desk: TheDesk, person: Reads, identity: ItemId) -> HeldOut:
    """Tell what is told of a sealed text without opening it."""
    return service.read_item(desk.store, person, identity)


@api.post("/{identity}/open")
def open_held(desk: TheDesk, person: Reads, identity: ItemId, given: OpenIn) -> OpenedOut:  # noqa: ARG001 - asked for
    """Open a sealed text, once it is confirmed; the call makes the entry that this needs."""
    return service.open_held(desk.store, person, identity)


@api.post("/{identity}/package", response_class=Response)
def package(desk: TheDesk, person: Decides, identity: ItemId, given: PackageIn) -> Response:
    """Take a sealed text with its captures as an encrypted file; each is an entry."""
    return _file(identity, service.package(desk.store, person, identity, given))


@api.post("/{identity}/outcome", status_code=201)
def decide(desk: TheDesk, person: Decides, identity: ItemId, given: OutcomeIn) -> HeldOut:
    """Decide for good what becomes of a sealed text."""
    return service.decide(desk.store, person, identity, given)


@pages.get("")
def held_page(request: Request, desk: TheDesk, person: Reads, cursor: Cursor = None) -> Response:
    """Show what is sealed, without a word of it."""
    page = service.list_held(desk.store, person, cursor=cursor)
    return render(request, "quarantine/templates/held.html", page=page)


@pages.get("/{identity}")
def item_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show one sealed text's label, and the form that opens it."""
    return _item(request, desk, person, identity)


@pages.post("/{identity}/open")
def open_from_page(request: Request, desk: TheDesk, person: Reads, form: Form, identity: ItemId) -> Response:
    """Show a sealed text, once it is confirmed and entered."""
    try:
        read_form(OpenIn, form)
    except BadInput:
        return _item(request, desk, person, identity, status=422, problems={"confirm": "needed"})
    opened = service.open_held(desk.store, person, identity)
    return _item(request, desk, person, identity, opened=opened, passphrase=new_passphrase())


@pages.post("/{identity}/package")
def package_from_page(desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Send the encrypted file."""
    return _file(identity, service.package(desk.store, person, identity, read_form(PackageIn, form)))


@pages.post("/{identity}/outcome")
def decide_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Decide, or show the form again with all that was typed; never the text."""
    try:
        service.decide(desk.store, person, identity, read_form(OutcomeIn, form))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _item(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/quarantine/{identity}")


def _item(
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    *,
    status: int = 200,
    opened: OpenedOut | None = None,
    passphrase: str = "",
    **shown: object,
) -> Response:
    one = opened.held if opened else service.read_item(desk.store, person, identity)
    values: dict[str, object] = {"values": {}, "problems": {}, "outcomes": OUTCOMES} | shown
    template = "quarantine/templates/item.html"
    values |= {"opened": opened, "passphrase": passphrase, "command": command_for(_name(identity))}
    return render(request, template, status=status, one=one, **values)


def _file(identity: str, content: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{_name(identity)}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _name(identity: str) -> str:
    return f"{identity}.zip.enc"
