"""The queue: API and pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from nlp.types import SIGNALS, Signal
from store.errors import BadInput
from store.tables import Lane
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.posts.pages import show_post
from triage_api.queue import listing, service
from triage_api.queue.models import (
    LANES,
    STATUSES,
    VERDICTS,
    DecisionIn,
    DecisionOut,
    ItemOut,
    NextOut,
    QueuePage,
    Status,
)
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import one_of, problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/queue", tags=["queue"])
pages = APIRouter(prefix="/queue", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.QUEUE_READ))]
Works = Annotated[Person, Depends(allowed(Action.QUEUE_WORK))]


@api.get("")
def read_queue(  # noqa: PLR0917 - each is one parameter of the call
    desk: TheDesk,
    person: Reads,
    lane: Annotated[Lane | None, Query()] = None,
    signal: Annotated[Signal | None, Query()] = None,
    status: Annotated[Status, Query()] = "open",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> QueuePage:
    """List what waits, most urgent first."""
    return listing.listing(desk, person, lane=lane, signal=signal, status=status, cursor=cursor, limit=limit)


@api.post("/{identity}/claim")
def claim_item(desk: TheDesk, person: Works, identity: ItemId) -> ItemOut:
    """Hold an item while reading it."""
    return service.claim(desk, person, identity)


@api.post("/{identity}/release")
def release_item(desk: TheDesk, person: Works, identity: ItemId) -> ItemOut:
    """Give an item back."""
    return service.release(desk, person, identity)


@api.post("/{identity}/skip")
def skip_item(desk: TheDesk, person: Works, identity: ItemId) -> NextOut:
    """Pass an item over, without a reason."""
    return service.skip(desk, person, identity)


@api.post("/{identity}/decision", status_code=201)
def decide_item(desk: TheDesk, person: Works, identity: ItemId, given: DecisionIn) -> DecisionOut:
    """Record a decision."""
    return service.decide(desk, person, identity, given)


@pages.get("")
def queue_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the queue: labels, never texts."""
    asked = request.query_params
    lane, signal = one_of(LANES, asked.get("lane")), one_of(SIGNALS, asked.get("signal"))
    status = one_of(STATUSES, asked.get("status")) or "open"
    cursor = asked.get("cursor") or None
    page = listing.listing(desk, person, lane=lane, signal=signal, status=status, cursor=cursor)
    shown: dict[str, Any] = {
        "page": page,
        "counts": listing.waiting_by_lane(desk, person),
        "chosen": {"lane": lane or "", "signal": signal or "", "status": status},
        "decided": one_of(VERDICTS, asked.get("decided")),
        "following": asked.get("following") if asked.get("decided") else None,
        "choices": {"lane": LANES, "signal": SIGNALS, "status": STATUSES},
    }
    return render(request, "queue/templates/queue.html", **shown)


@pages.get("/{identity}")
def item_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show an item's label, so that one knows what one is about to read."""
    return render(request, "queue/templates/item.html", item=listing.item_shown(desk, person, identity))


@pages.post("/{identity}/claim")
def claim_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Hold an item and go to what it leads to."""
    item = service.claim(desk, person, identity)
    return go(f"/posts/{item.post}" if item.post else f"/requests/{item.request}")


@pages.post("/{identity}/release")
def release_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Give an item back."""
    service.release(desk, person, identity)
    return go("/queue")


@pages.post("/{identity}/skip")
def skip_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Pass an item over and go to the next one."""
    following = service.skip(desk, person, identity).next
    return go(f"/queue/{following}" if following else "/queue")


@pages.post("/{identity}/decision")
def decide_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Record a decision and go back to the queue, or show the post again with all that was typed."""
    post = listing.item_shown(desk, person, identity).post
    try:
        done = service.decide(desk, person, identity, read_form(DecisionIn, form, many=("criteria",)))
    except BadInput as error:
        if post is None:
            raise
        problems = problems_of(error)
        return show_post(request, desk, person, post, values=typed(form), problems=problems, status=422)
    return go(f"/queue?decided={done.verdict}" + (f"&following={done.next}" if done.next else ""))
