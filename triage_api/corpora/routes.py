"""Corpora: the API, and what a page asks by itself while the worker makes one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import StreamingResponse

from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.corpora import deciding, service
from triage_api.corpora.handing import pieces
from triage_api.corpora.models import ApproveIn, CorpusIn, CorpusOut, CorpusPage, DestroyedIn, WhyIn
from triage_api.corpora.page_routes import pages
from triage_api.shell.fields import ItemId
from triage_api.shell.pages import render

__all__ = ["api", "pages"]

api = APIRouter(prefix="/api/corpora", tags=["corpora"])

Makes = Annotated[Person, Depends(allowed(Action.EXPORT_MAKE))]
Reads = Annotated[Person, Depends(allowed(Action.EXPORT_READ))]
Watches = Annotated[Person, Depends(allowed(Action.EXPORT_READ, renews=False))]
Decides = Annotated[Person, Depends(allowed(Action.EXPORT_DECIDE))]
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@api.post("", status_code=201)
def ask_for_corpus(desk: TheDesk, person: Makes, given: CorpusIn) -> CorpusOut:
    """Ask for a corpus; it is measured, approved by somebody else, written and proved before it can be fetched."""
    return service.ask(desk.store, person, given)


@api.get("")
def list_corpora(desk: TheDesk, person: Reads) -> CorpusPage:
    """List the corpora that one may see."""
    return service.list_exports(desk.store, person)


@api.get("/{identity}/status")
def corpus_status(desk: TheDesk, person: Reads, identity: ItemId) -> CorpusOut:
    """Say how far a corpus is; of one that its proof refused, which rows were at fault."""
    return service.export_status(desk.store, person, identity)


@api.post("/{identity}/approve")
def approve_corpus(desk: TheDesk, person: Decides, identity: ItemId, given: ApproveIn) -> CorpusOut:
    """Let a corpus leave that somebody else asked for and that is measured."""
    return deciding.approve(desk.store, person, identity, given)


@api.post("/{identity}/deny")
def deny_corpus(desk: TheDesk, person: Decides, identity: ItemId, given: WhyIn) -> CorpusOut:
    """Deny a corpus."""
    return deciding.deny(desk.store, person, identity, given)


@api.post("/{identity}/recall")
def recall_corpus(desk: TheDesk, person: Decides, identity: ItemId, given: WhyIn) -> CorpusOut:
    """Call a corpus back; the answer lists who has copies of it."""
    return deciding.recall(desk.store, person, identity, given)


@api.post("/{identity}/destroyed")
def confirm_destroyed(desk: TheDesk, person: Reads, identity: ItemId, given: DestroyedIn) -> CorpusOut:
    """Confirm that one's own copies of a corpus are destroyed."""
    return deciding.destroyed(desk.store, person, identity, given)


@api.get("/{identity}/files/{name}", response_class=StreamingResponse, responses={200: {"content": _FILE}})
def corpus_file(desk: TheDesk, person: Reads, identity: ItemId, name: str) -> StreamingResponse:
    """Hand over a file of a corpus that is ready; the register has the entry first."""
    file, size = service.open_file(desk.store, person, identity, name)
    headers = {"Content-Disposition": f'attachment; filename="vigie-{name}"', "Content-Length": str(size)}
    return StreamingResponse(pieces(file), media_type="application/octet-stream", headers=headers)


@api.get("/{identity}/line", include_in_schema=False)
def corpus_line(request: Request, desk: TheDesk, person: Watches, identity: ItemId) -> Response:
    """Return how far a corpus is, as the pages show it: what an open page asks again by itself."""
    corpus = service.export_status(desk.store, person, identity)
    return render(request, "corpora/templates/line.html", corpus=corpus)
