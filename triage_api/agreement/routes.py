"""Double coding and agreement: API and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.agreement import deciding, judging, second
from triage_api.agreement.checking import LEAST_MET, LEAST_POSTS, WEAK
from triage_api.agreement.models import (
    AgreementLine,
    AgreementOut,
    JudgementIn,
    JudgementOut,
    SealIn,
    SecondOut,
    StateIn,
    WaitingOut,
)
from triage_api.desk import Desk
from triage_api.posts.pages import show_post
from triage_api.queue.listing import item_shown
from triage_api.queue.models import DecisionOut
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, language_of, render

api = APIRouter(prefix="/api/agreement", tags=["agreement"])
pages = APIRouter(include_in_schema=False)

Works = Annotated[Person, Depends(allowed(Action.QUEUE_WORK))]
Decides = Annotated[Person, Depends(allowed(Action.CRITERION_DECIDE))]


@api.get("")
def read_agreement(desk: TheDesk, person: Decides) -> AgreementOut:
    """Tell how far two readers agree on the verdict and on each criterion."""
    return deciding.agreement_shown(desk, person)


@api.post("/states")
def set_criterion(desk: TheDesk, person: Decides, given: StateIn) -> AgreementLine:
    """Suspend a criterion from automation, or restore it."""
    return deciding.decide_criterion(desk, person, given)


@api.get("/second")
def count_second(desk: TheDesk, person: Works) -> WaitingOut:
    """Tell how many second readings wait, and since when."""
    return second.waiting(desk, person)


@api.post("/second")
def take_next(desk: TheDesk, person: Works) -> SecondOut:
    """Hold the second reading that waits longest."""
    return second.take_next(desk, person)


@api.post("/{identity}/take")
def take(desk: TheDesk, person: Works, identity: ItemId) -> SecondOut:
    """Hold one second reading."""
    return second.take(desk, person, identity)


@api.post("/{identity}/judgement", status_code=201)
def judge(desk: TheDesk, person: Works, identity: ItemId, given: JudgementIn) -> JudgementOut:
    """Record what one finds in a text before one is shown what the reader or anybody else found."""
    return judging.judge(desk, person, identity, given)


@api.post("/{identity}/quarantine", status_code=201)
def seal(desk: TheDesk, person: Works, identity: ItemId, given: SealIn) -> DecisionOut:
    """Put a text in quarantine that one has before one as its second reader."""
    return judging.seal(desk, person, identity, given)


@pages.get("/second")
def second_page(request: Request, desk: TheDesk, person: Works) -> Response:
    """Show what waits for a second reading: a count, never a label."""
    told = request.query_params.get("judged", "")
    judged = told if told in ("done", "reopened") else ""
    waiting = second.waiting(desk, person)
    return render(request, "agreement/templates/second.html", waiting=waiting, judged=judged)


@pages.post("/second")
def next_page(desk: TheDesk, person: Works) -> Response:
    """Hold the second reading that waits longest and go to its post."""
    taken = second.take_next(desk, person)
    return go(f"/posts/{taken.post}" if taken.post else "/second")


@pages.post("/agreement/{identity}/take")
def take_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Hold one second reading and go to its post."""
    return go(f"/posts/{second.take(desk, person, identity).post}")


@pages.post("/agreement/{identity}/judgement")
def judge_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Record a judgement: a first reader goes on to decide, a second one is done. Or show all that was typed again."""
    try:
        done = judging.judge(desk, person, identity, read_form(JudgementIn, form, many=("criteria",)))
    except BadInput as error:
        return _post_again(request, desk, person, identity, form, error)
    if done.turn == "first" or (done.reopened and form.get("verdict") == "quarantine"):
        return go(f"/posts/{done.post}")
    return go(f"/second?judged={'reopened' if done.reopened else 'done'}")


@pages.post("/agreement/{identity}/quarantine")
def seal_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Put a text in quarantine that one has before one as its second reader."""
    try:
        judging.seal(desk, person, identity, read_form(SealIn, form, many=("criteria",)))
    except BadInput as error:
        return _post_again(request, desk, person, identity, form, error)
    return go("/second?judged=done")


@pages.get("/agreement")
def agreement_page(request: Request, desk: TheDesk, person: Decides) -> Response:
    """Show how far readers agree, with the form to suspend or restore a criterion."""
    return _agreement(request, desk, person, done=request.query_params.get("done", ""))


@pages.post("/agreement")
def set_from_page(request: Request, desk: TheDesk, person: Decides, form: Form) -> Response:
    """Suspend or restore a criterion, or show the form again with all that was typed."""
    try:
        line = deciding.decide_criterion(desk, person, read_form(StateIn, form))
    except BadInput as error:
        return _agreement(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    return go(f"/agreement?done={line.subject}")


def _agreement(
    request: Request,
    desk: Desk,
    person: Person,
    *,
    done: str = "",
    values: Mapping[str, object] | None = None,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    french = language_of(request) == "fr"
    names = {one.id: one.name_fr if french else one.name_en for one in desk.grid.criteria}
    told = deciding.agreement_shown(desk, person)
    return render(
        request,
        "agreement/templates/agreement.html",
        status=status,
        told=told,
        names=names,
        done=next((line for line in told.lines if line.subject == done), None),
        least={"posts": LEAST_POSTS, "met": LEAST_MET, "alpha": WEAK},
        values=values or {},
        problems=problems or {},
    )


def _post_again(request: Request, desk: Desk, person: Person, identity: str, form: Form, error: BadInput) -> Response:
    post = item_shown(desk, person, identity).post
    if post is None:
        raise error
    return show_post(request, desk, person, post, values=typed(form), problems=problems_of(error), status=422)
