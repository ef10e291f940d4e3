"""Reviews of what one person disclosed alone: API and pages, for supervisors and auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotAllowed
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import FINDINGS, Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.referrals import reviewing
from triage_api.referrals.models import ReviewIn, ReviewLine, ReviewOut, ReviewPage
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/referrals", tags=["referrals"])
pages = APIRouter(prefix="/referrals", include_in_schema=False)

Reviews = Annotated[Person, Depends(allowed(Action.REFERRAL_REVIEW))]


@api.get("/reviews")
def list_reviews(desk: TheDesk, person: Reviews) -> ReviewPage:
    """List what one person disclosed alone: first what waits for its review."""
    return reviewing.list_reviews(desk.store, person)


@api.get("/{identity}/review")
def read_review(desk: TheDesk, person: Reviews, identity: ItemId) -> ReviewOut:
    """Read on what ground something was disclosed alone, never what; the call makes the entry."""
    return reviewing.read_review(desk.store, person, identity)


@api.post("/{identity}/review", status_code=201)
def review(desk: TheDesk, person: Reviews, identity: ItemId, given: ReviewIn) -> ReviewLine:
    """Record what was found of somebody else's disclosure."""
    return reviewing.review(desk.store, person, identity, given)


@pages.get("/reviews")
def reviews_page(request: Request, desk: TheDesk, person: Reviews) -> Response:
    """Show what one person disclosed alone."""
    page = reviewing.list_reviews(desk.store, person)
    return render(request, "referrals/templates/reviews.html", page=page)


@pages.get("/{identity}/review")
def review_page(request: Request, desk: TheDesk, person: Reviews, identity: ItemId) -> Response:
    """Show one disclosure with its ground, and the form of its review."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/review")
def review_from_page(request: Request, desk: TheDesk, person: Reviews, identity: ItemId, form: Form) -> Response:
    """Record what was found, or show the form again with all that was typed."""
    try:
        reviewing.review(desk.store, person, identity, read_form(ReviewIn, form))
    except (BadInput, Conflict, NotAllowed) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _page(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go("/referrals/reviews")


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    one = reviewing.read_review(desk.store, person, identity)
    values: dict[str, object] = {"values": {}, "problems": {}, "findings": FINDINGS} | shown
    return render(request, "referrals/templates/review.html", status=status, one=one, **values)
