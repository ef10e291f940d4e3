"""The ledger: API, page and file, for whoever supervises or checks."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from store.errors import BadInput
from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.grounds.catalogue import GROUNDS
from triage_api.ledger import service
from triage_api.ledger.models import LedgerFilter, LedgerPage
from triage_api.shell.fields import Cursor, Limit
from triage_api.shell.forms import problems_of, validated
from triage_api.shell.pages import render

api = APIRouter(prefix="/api/ledger", tags=["ledger"])
pages = APIRouter(prefix="/ledger", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.LEDGER_READ))]


class _Asked(LedgerFilter):
    """A filter, and where to go on."""

    cursor: Cursor = None
    limit: Limit = 100


@api.get("")
def read_ledger(desk: TheDesk, person: Reads, asked: Annotated[_Asked, Query()]) -> LedgerPage:
    """Read who was told what, on what ground: by request, post, organisation, ground or period; it is an entry."""
    wanted = LedgerFilter.model_validate(asked.model_dump(include=set(LedgerFilter.model_fields)))
    return service.read_ledger(desk.store, person, wanted, cursor=asked.cursor, limit=asked.limit)


@api.get("/file", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def ledger_file(desk: TheDesk, person: Reads, wanted: Annotated[LedgerFilter, Query()]) -> Response:
    """Take the same lines as a CSV file; it is an entry."""
    return _file(service.ledger_file(desk.store, person, wanted))


@pages.get("")
def ledger_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the ledger with its filters; a filter that cannot be used is told at its field, and nothing is shown."""
    typed = {name: value for name, value in request.query_params.items() if value.strip()}
    cursor = typed.pop("cursor", None)
    shown: dict[str, Any] = {"values": typed, "grounds": list(GROUNDS), "page": None, "problems": {}}
    shown["asked"] = urlencode(typed)
    try:
        wanted = validated(LedgerFilter, typed)
        page = service.read_ledger(desk.store, person, wanted, cursor=cursor)
    except BadInput as error:
        return render(request, "ledger/templates/ledger.html", status=422, **shown | {"problems": problems_of(error)})
    more = urlencode(typed | {"cursor": page.next}) if page.next else ""
    return render(request, "ledger/templates/ledger.html", **shown | {"page": page}, more=more)


@pages.get("/file.csv")
def file_from_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Send the lines of the filter as a CSV file."""
    typed = {name: value for name, value in request.query_params.items() if value.strip()}
    return _file(service.ledger_file(desk.store, person, validated(LedgerFilter, typed)))


def _file(content: bytes) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="vigie-ledger.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
