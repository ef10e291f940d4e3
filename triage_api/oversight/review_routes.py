"""Reviews, figures and names: API and pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from store.errors import BadInput, Conflict, NotFound
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import FINDINGS, Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.oversight import reviews
from triage_api.oversight.addresses import filters_of
from triage_api.oversight.drawing import draw_reviews
from triage_api.oversight.figures import FiguresOut, figures
from triage_api.oversight.looks import Period
from triage_api.oversight.naming import reveal_name
from triage_api.oversight.review_models import (
    STANDINGS,
    Between,
    DrawIn,
    DrawOut,
    FindingIn,
    NameIn,
    NameOut,
    ReviewOut,
    ReviewPage,
    Standing,
)
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import one_of, problems_of, read_form, typed
from triage_api.shell.pages import go, render
from triage_api.shell.times import shown as shown_at

_PERIOD = timedelta(days=30)
"""What figures and the form to draw cover unless something else is asked."""

api = APIRouter(prefix="/api", tags=["oversight"])
pages = APIRouter(include_in_schema=False)

Reviews = Annotated[Person, Depends(allowed(Action.REVIEW_WORK))]
Reads = Annotated[Person, Depends(allowed(Action.REGISTER_READ))]
Names = Annotated[Person, Depends(allowed(Action.NAME_REVEAL))]


@api.get("/reviews")
def list_reviews(
    desk: TheDesk, person: Reviews, status: Standing | None = None, cursor: Cursor = None, limit: Limit = 60
) -> ReviewPage:
    """List what was drawn for review and one may review."""
    return reviews.list_reviews(desk.store, person, standing=status, cursor=cursor, limit=limit)


@api.post("/reviews/draw", status_code=201)
def draw(desk: TheDesk, person: Reviews, given: DrawIn) -> DrawOut:
    """Draw look-ups of a period for review."""
    return draw_reviews(desk.store, person, given)


@api.get("/reviews/{identity}")
def read_review(desk: TheDesk, person: Reviews, identity: ItemId) -> ReviewOut:
    """Open a review: what was searched for is shown, and that is an entry."""
    return reviews.open_review(desk.store, person, identity)


@api.post("/reviews/{identity}/finding", status_code=201)
def record_finding(desk: TheDesk, person: Reviews, identity: ItemId, given: FindingIn) -> ReviewOut:
    """Record what was found."""
    return reviews.record_finding(desk.store, person, identity, given)


@api.post("/oversight/names")
def read_name(desk: TheDesk, person: Names, given: NameIn) -> NameOut:
    """Tell who a pseudonym is."""
    return reveal_name(desk.store, person, given)


@api.get("/oversight")
def read_figures(desk: TheDesk, person: Reads, asked: Annotated[Between, Query()]) -> FiguresOut:
    """Read the figures of a period; the last 30 days if none is given."""
    return figures(desk.store, person, _period(desk, asked))


@pages.get("/reviews")
def reviews_page(request: Request, desk: TheDesk, person: Reviews) -> Response:
    """Show the list, and the form to draw."""
    return _list(request, desk, person)


@pages.post("/reviews")
def draw_from_page(request: Request, desk: TheDesk, person: Reviews, form: Form) -> Response:
    """Draw, and show the list, or the form again with all that was typed."""
    try:
        drawn = draw_reviews(desk.store, person, read_form(DrawIn, form))
    except BadInput as error:
        return _list(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    return _list(request, desk, person, drawn=drawn)


@pages.get("/reviews/{identity}")
def review_page(request: Request, desk: TheDesk, person: Reviews, identity: ItemId) -> Response:
    """Show a review, once its entry is in the register."""
    return _review(request, desk, person, identity)


@pages.post("/reviews/{identity}")
def record_from_page(request: Request, desk: TheDesk, person: Reviews, identity: ItemId, form: Form) -> Response:
    """Record a finding and go back to the list, or show the review again with all that was typed."""
    shown = {"values": typed(form)}
    try:
        reviews.record_finding(desk.store, person, identity, read_form(FindingIn, form))
    except BadInput as error:
        return _review(request, desk, person, identity, **shown, problems=problems_of(error), status=422)
    except Conflict as error:
        return _review(request, desk, person, identity, **shown, problems={"": error.code}, status=409)
    return go("/reviews")


@pages.get("/oversight")
def figures_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the figures."""
    given = filters_of(request)
    values = typed(given)
    try:
        period = _period(desk, read_form(Between, given))
    except BadInput as error:
        shown = {"found": None, "values": values, "problems": problems_of(error)}
        return render(request, "oversight/templates/figures.html", status=422, **shown)
    found = figures(desk.store, person, period)
    return render(request, "oversight/templates/figures.html", found=found, values=values, problems={})


@pages.get("/oversight/names")
def names_page(request: Request, _person: Names) -> Response:
    """Show the form that asks for a name."""
    values = {"pseudonym": request.query_params.get("pseudonym", "")}
    return render(request, "oversight/templates/names.html", values=values, problems={}, found=None)


@pages.post("/oversight/names")
def name_from_page(request: Request, desk: TheDesk, person: Names, form: Form) -> Response:
    """Tell who a pseudonym is, or show the form again with all that was typed."""
    shown = {"values": typed(form), "found": None}
    try:
        found = reveal_name(desk.store, person, read_form(NameIn, form))
    except BadInput as error:
        return render(request, "oversight/templates/names.html", **shown, problems=problems_of(error), status=422)
    except NotFound:
        problems = {"pseudonym": "no_pseudonym"}
        return render(request, "oversight/templates/names.html", **shown, problems=problems, status=404)
    return render(request, "oversight/templates/names.html", values={}, problems={}, found=found)


def _period(desk: Desk, asked: Between) -> Period:
    until = asked.until or desk.store.clock()
    since = asked.since or until - _PERIOD
    if since >= until:
        raise BadInput("The period ends before it begins.", code="dates_reversed", field="until")
    return Period(since, until)


def _list(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    given = request.query_params
    chosen, cursor = one_of(STANDINGS, given.get("status")), given.get("cursor") or None
    page = reviews.list_reviews(desk.store, person, standing=chosen, cursor=cursor)
    now = desk.store.clock()
    usual = {"since": shown_at(now - _PERIOD), "until": shown_at(now), "size": "60"}
    values = {"values": usual, "problems": {}, "drawn": None, "standings": STANDINGS, "chosen": chosen} | shown
    return render(request, "oversight/templates/reviews.html", status=status, page=page, **values)


def _review(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    values = {"values": {}, "problems": {}, "findings": FINDINGS} | shown
    one = reviews.open_review(desk.store, person, identity)
    return render(request, "oversight/templates/review.html", status=status, one=one, **values)
