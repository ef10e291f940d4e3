"""Corpora: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.corpora import service
from triage_api.corpora.models import CorpusIn, CorpusLine, CorpusPage
from triage_api.corpora.suppress import LEAST
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/corpora", tags=["corpora"])
pages = APIRouter(prefix="/corpora", include_in_schema=False)

Makes = Annotated[Person, Depends(allowed(Action.EXPORT_MAKE))]
Reads = Annotated[Person, Depends(allowed(Action.EXPORT_READ))]
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@api.post("", status_code=201)
def make_corpus(desk: TheDesk, person: Makes, given: CorpusIn) -> CorpusLine:
    """Make an open-tier export."""
    made = service.open_tier(desk.store, person, given)
    return service.export_status(desk.store, person, made.id)


@api.get("")
def list_corpora(desk: TheDesk, person: Reads) -> CorpusPage:
    """List one's exports."""
    return service.list_exports(desk.store, person)


@api.get("/{identity}/status")
def corpus_status(desk: TheDesk, person: Reads, identity: ItemId) -> CorpusLine:
    """Say what an export holds."""
    return service.export_status(desk.store, person, identity)


@api.get("/{identity}/files/{name}", responses={200: {"content": {"text/csv": {}, "application/json": {}}}})
def corpus_file(desk: TheDesk, person: Reads, identity: ItemId, name: str) -> Response:
    """Hand over a file of an export."""
    data = service.export_file(desk.store, person, identity, name)
    headers = {"Content-Disposition": f'attachment; filename="vigie-{name}"'}
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


@pages.get("")
def corpora_page(request: Request, desk: TheDesk, person: Makes) -> Response:
    """Show one's exports and the form for a new one."""
    return _page(request, desk, person)


@pages.post("")
def make_from_page(request: Request, desk: TheDesk, person: Makes, form: Form) -> Response:
    """Make an export and show it in the list."""
    try:
        service.open_tier(desk.store, person, read_form(CorpusIn, form))
    except BadInput as error:
        return _page(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    return go("/corpora")


def _page(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    page = service.list_exports(desk.store, person)
    values = {"values": {}, "problems": {}, "page": page, "least": LEAST} | shown
    return render(request, "corpora/templates/corpora.html", status=status, **values)
