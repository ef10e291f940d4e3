"""Proofs of the register: API for auditors and for witnesses."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import PlainTextResponse

from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.oversight import proofs_service as service
from triage_api.oversight.proofs_models import CheckpointOut, ConsistencyOut, InclusionOut, LeafPage

api = APIRouter(prefix="/api/register", tags=["oversight"])

Reads = Annotated[Person, Depends(allowed(Action.REGISTER_READ))]
Size = Annotated[int, Query(ge=0, lt=2**62)]
LEAVES_AT_ONCE = 5000
"""Most leaves of one page: they are small, and a witness of a long register asks for all of them."""


@api.get("/checkpoint", response_model=CheckpointOut, responses={200: {"content": {"text/plain": {}}}})
def read_checkpoint(
    desk: TheDesk, person: Reads, format_: Annotated[Literal["json", "note"], Query(alias="format")] = "json"
) -> CheckpointOut | Response:
    """Return the newest signed checkpoint, as JSON or as the bare text of the note."""
    newest = service.newest(desk.store, person)
    return PlainTextResponse(newest.checkpoint) if format_ == "note" else newest


@api.get("/proof/{n}")
def read_proof(desk: TheDesk, person: Reads, n: Annotated[int, Path(ge=1, lt=2**62)]) -> InclusionOut:
    """Return the proof that entry `n` stands in the register; asking for it is an entry too."""
    return service.inclusion(desk.store, person, n)


@api.get("/consistency")
def read_consistency(
    desk: TheDesk, person: Reads, old: Annotated[Size, Query(alias="from")], new: Annotated[Size, Query(alias="to")]
) -> ConsistencyOut:
    """Return the proof that the register of `to` entries begins with that of `from`."""
    return service.consistency(desk.store, person, old, new)


@api.get("/leaves")
def read_leaves(
    desk: TheDesk,
    person: Reads,
    after: Annotated[int, Query(ge=-1, lt=2**62)] = -1,
    limit: Annotated[int, Query(ge=1, le=LEAVES_AT_ONCE)] = 1000,
) -> LeafPage:
    """Return places, moments and hashes of entries, for witnesses; nothing of what the entries say."""
    return service.leaves(desk.store, person, after=after, limit=limit)
