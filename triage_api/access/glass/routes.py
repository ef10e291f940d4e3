"""Emergency access: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.actions import RULES, Action
from triage_api.access.glass import service
from triage_api.access.glass.models import GlassIn, GlassPage, GlassReview, GlassTaken
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import FINDINGS, Person
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api", tags=["access"])
pages = APIRouter(include_in_schema=False)

Taker = Annotated[Person, Depends(allowed(Action.GLASS_BREAK))]
Reviewer = Annotated[Person, Depends(allowed(Action.GLASS_REVIEW))]


@api.post("/glass", status_code=201)
def break_glass(desk: TheDesk, person: Taker, given: GlassIn) -> GlassTaken:
    """Take an emergency access: entered, told to supervisors and auditors, reviewed by one of them."""
    return service.break_glass(desk.store, person, given)


@api.get("/glass")
def list_glass(desk: TheDesk, person: Reviewer) -> GlassPage:
    """List emergency accesses and their reviews."""
    return service.list_glass(desk.store, person)


@api.post("/glass/{identity}/seen", status_code=204)
def see_glass(desk: TheDesk, person: Reviewer, identity: ItemId) -> None:
    """Say that somebody else has seen it: the alert ends, the review is still due."""
    service.see_glass(desk.store, person, identity)


@api.post("/glass/{identity}/review", status_code=204)
def review_glass(desk: TheDesk, person: Reviewer, identity: ItemId, given: GlassReview) -> None:
    """Record what was found of somebody else's emergency access."""
    service.review_glass(desk.store, person, identity, given)


@pages.get("/glass")
def glass_page(request: Request, desk: TheDesk, person: Taker) -> Response:
    """Say what an emergency access gives, and let one take it."""
    return _glass(request, desk, person)


@pages.post("/glass")
def break_glass_page(request: Request, desk: TheDesk, person: Taker, form: Form) -> Response:
    """Take an emergency access."""
    try:
        service.break_glass(desk.store, person, read_form(GlassIn, form))
    except (BadInput, Conflict) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"reason": error.code}
        return _glass(request, desk, person, values=typed(form), problems=problems, status=error.status)
    return go("/glass")


@pages.get("/glass/review")
def reviews_page(request: Request, desk: TheDesk, person: Reviewer) -> Response:
    """Show emergency accesses and what was found of them."""
    return _reviews(request, desk, person)


@pages.post("/glass/{identity}/seen")
def see_glass_page(desk: TheDesk, person: Reviewer, identity: ItemId) -> Response:
    """End the alert of an emergency access."""
    service.see_glass(desk.store, person, identity)
    return go("/glass/review")


@pages.post("/glass/{identity}/review")
def review_glass_page(request: Request, desk: TheDesk, person: Reviewer, form: Form, identity: ItemId) -> Response:
    """Record what was found of an emergency access."""
    try:
        service.review_glass(desk.store, person, identity, read_form(GlassReview, form))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error), "wrong": identity}
        return _reviews(request, desk, person, status=422, **shown)
    return go("/glass/review")


def _glass(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {
        "values": {},
        "problems": {},
        "taken": service.own_glass(desk.store, person),
        "minutes": desk.store.settings.glass_minutes,
        "given": [rule for rule in RULES.values() if rule.emergency],
    }
    return render(request, "access/glass/templates/glass.html", status=status, **(values | shown))


def _reviews(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    items = service.list_glass(desk.store, person).items
    values: dict[str, object] = {"values": {}, "problems": {}, "wrong": "", "items": items, "findings": FINDINGS}
    return render(request, "access/glass/templates/reviews.html", status=status, **(values | shown))
