"""The queue: API and pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import QueryParams

from nlp.clean import clean
from nlp.types import SIGNALS, Signal
from store.errors import BadInput
from store.tables import Lane
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.duty.service import standing_shown
from triage_api.posts.pages import show_post
from triage_api.queue import claims, counting, deciding, listing
from triage_api.queue import news as latest
from triage_api.queue.filters import UNKNOWN, Filters, Territory
from triage_api.queue.models import (
    LANES,
    STATUSES,
    VERDICTS,
    CountsOut,
    DecisionIn,
    DecisionOut,
    ItemOut,
    NewsOut,
    NextOut,
    QueuePage,
    Status,
)
from triage_api.queue.undoing import undoable
from triage_api.queue.views import views_of
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import one_of, problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/queue", tags=["queue"])
pages = APIRouter(prefix="/queue", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.QUEUE_READ))]
Works = Annotated[Person, Depends(allowed(Action.QUEUE_WORK))]


Polls = Annotated[Person, Depends(allowed(Action.QUEUE_READ, renews=False))]
"""Who has a page open that asks by itself."""


def _filters(
    lane: Annotated[Lane | None, Query()] = None,
    signal: Annotated[Signal | None, Query()] = None,
    status: Annotated[Status, Query()] = "open",
    desk: Annotated[Territory | None, Query()] = None,
    late: Annotated[bool, Query()] = False,
) -> Filters:
    return Filters(lane=lane, signal=signal, status=status, desk=desk, late=late)


@api.get("")
def read_queue(
    desk: TheDesk,
    person: Reads,
    filters: Annotated[Filters, Depends(_filters)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> QueuePage:
    """List what waits, most urgent first; a share of the places is kept for youth at risk."""
    return listing.listing(desk, person, filters, cursor=cursor, limit=limit)


@api.get("/counts")
def read_counts(desk: TheDesk, person: Reads) -> CountsOut:
    """Count what waits by lane and by territory, with what is late."""
    return counting.counts(desk, person)


@api.get("/news")
def read_news(desk: TheDesk, person: Polls) -> NewsOut:
    """Tell what is immediate now, for a page that is open; it does not renew the session."""
    return latest.news(desk, person)


@api.get("/{identity}/row", response_class=HTMLResponse, include_in_schema=False)
def read_row(request: Request, desk: TheDesk, person: Polls, identity: ItemId) -> Response:
    """Return an item's row of the list as it stands in the page, for a page that is open."""
    return render(request, "queue/templates/row.html", item=listing.item_shown(desk, person, identity))


@api.post("/{identity}/claim")
def claim_item(desk: TheDesk, person: Works, identity: ItemId) -> ItemOut:
    """Hold an item while reading it."""
    return claims.claim(desk, person, identity)


@api.post("/{identity}/release")
def release_item(desk: TheDesk, person: Works, identity: ItemId) -> ItemOut:
    """Give an item back."""
    return claims.release(desk, person, identity)


@api.post("/{identity}/skip")
def skip_item(desk: TheDesk, person: Works, identity: ItemId) -> NextOut:
    """Pass an item over, without a reason."""
    return claims.skip(desk, person, identity)


@api.post("/{identity}/decision", status_code=201)
def decide_item(desk: TheDesk, person: Works, identity: ItemId, given: DecisionIn) -> DecisionOut:
    """Record a decision."""
    return deciding.decide(desk, person, identity, given)


@pages.get("")
def queue_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the queue: labels, never texts."""
    asked = request.query_params
    filters, cursor = _asked(asked), asked.get("cursor") or None
    views = views_of(desk, person).items if may(person, Action.VIEW_OWN) else []
    shown: dict[str, Any] = {
        "page": listing.listing(desk, person, filters, cursor=cursor),
        "counts": counting.counts(desk, person),
        "latest": latest.news(desk, person),
        "watch": standing_shown(desk, person) if may(person, Action.DUTY_READ) else None,
        "filters": filters,
        "first": cursor is None,
        "views": views,
        "decided": one_of(VERDICTS, asked.get("decided")),
        "following": asked.get("following") if asked.get("decided") else None,
        "undo": undoable(desk, person) if asked.get("decided") and may(person, Action.QUEUE_WORK) else None,
        "choices": {"lane": LANES, "signal": SIGNALS, "status": STATUSES},
        "unknown": UNKNOWN,
    }
    return render(request, "queue/templates/queue.html", **shown)


def _asked(asked: QueryParams) -> Filters:
    """Return the filters that a page's address names; what names none is no filter."""
    desk = clean(asked.get("desk", "")).strip()
    return Filters(
        lane=one_of(LANES, asked.get("lane")),
        signal=one_of(SIGNALS, asked.get("signal")),
        status=one_of(STATUSES, asked.get("status")) or "open",
        desk=desk if 0 < len(desk) <= 100 else None,
        late=asked.get("late") == "1",
    )


@pages.get("/{identity}")
def item_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show an item's label, so that one knows what one is about to read."""
    return render(request, "queue/templates/item.html", item=listing.item_shown(desk, person, identity))


@pages.post("/{identity}/claim")
def claim_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Hold an item and go to what it leads to."""
    item = claims.claim(desk, person, identity)
    return go(f"/posts/{item.post}" if item.post else f"/requests/{item.request}")


@pages.post("/{identity}/release")
def release_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Give an item back."""
    claims.release(desk, person, identity)
    return go("/queue")


@pages.post("/{identity}/skip")
def skip_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Pass an item over and go to the next one."""
    following = claims.skip(desk, person, identity).next
    return go(f"/queue/{following}" if following else "/queue")


@pages.post("/{identity}/decision")
def decide_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Record a decision and go back to the queue, or show the post again with all that was typed."""
    post = listing.item_shown(desk, person, identity).post
    try:
        done = deciding.decide(desk, person, identity, read_form(DecisionIn, form, many=("criteria",)))
    except BadInput as error:
        if post is None:
            raise
        problems = problems_of(error)
        return show_post(request, desk, person, post, values=typed(form), problems=problems, status=422)
    return go(f"/queue?decided={done.verdict}" + (f"&following={done.next}" if done.next else ""))
