"""The lessons: API and pages. Whoever's training lapsed, or never took place, enters too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.queue.models import VERDICTS
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, language_of, render
from triage_api.teaching import service
from triage_api.teaching.models import (
    AnsweredOut,
    AnswerIn,
    AnswerPage,
    CaseOut,
    CurrentOut,
    LessonsOut,
    PracticeOut,
    SolutionOut,
)
from triage_api.teaching.view import solved, whole_grid

api = APIRouter(prefix="/api/lessons", tags=["lessons"])
pages = APIRouter(prefix="/lessons", include_in_schema=False)

Learns = Annotated[Person, Depends(allowed(Action.LESSON_DO))]


@api.get("")
def read_lessons(desk: TheDesk, person: Learns) -> LessonsOut:
    """Say where one stands with the lessons."""
    return service.overview(desk, person)


@api.get("/case")
def read_case(desk: TheDesk, person: Learns) -> CurrentOut:
    """Return the fictional case to answer."""
    return service.case_now(desk, person)


@api.post("/answers", status_code=201)
def record_answer(desk: TheDesk, person: Learns, given: AnswerIn) -> AnsweredOut:
    """Answer the case that one is at, and get its solution."""
    return service.answer(desk, person, given)


@api.get("/answers")
def list_answers(desk: TheDesk, person: Learns, limit: Limit = 50, cursor: Cursor = None) -> AnswerPage:
    """List one's own answers, newest first."""
    return service.answers(desk, person, limit, cursor)


@api.get("/answers/{identity}")
def read_answer(desk: TheDesk, person: Learns, identity: ItemId) -> AnsweredOut:
    """Return an answer of one's own with its solution."""
    return service.answer_shown(desk, person, identity)


@api.get("/practice")
def list_practice(desk: TheDesk, person: Learns) -> PracticeOut:
    """List the cases to practise on."""
    return service.practice(desk, person)


@api.post("/practice")
def practise(desk: TheDesk, person: Learns, given: AnswerIn) -> SolutionOut:
    """Get the solution of a case for practice; nothing is kept."""
    return service.practise(desk, person, given)


@pages.get("")
def lessons_page(request: Request, desk: TheDesk, person: Learns) -> Response:
    """Show where one stands, with one's attempts."""
    return render(request, "teaching/templates/lessons.html", told=service.overview(desk, person))


@pages.get("/case")
def case_page(request: Request, desk: TheDesk, person: Learns) -> Response:
    """Show the case to answer."""
    return _course_case(request, desk, person)


@pages.post("/case")
def answer_page(request: Request, desk: TheDesk, person: Learns, form: Form) -> Response:
    """Record an answer and go on to its solution, or show the case again with all that was chosen."""
    try:
        done = service.answer(desk, person, read_form(AnswerIn, form, many=("criteria",)))
    except BadInput as error:
        return _course_case(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    except Conflict as error:
        return _course_case(request, desk, person, problems={"": error.code}, status=409)
    return go(f"/lessons/answers/{done.id}")


@pages.get("/answers/{identity}")
def solution_page(request: Request, desk: TheDesk, person: Learns, identity: ItemId) -> Response:
    """Show an answer of one's own beside the solution."""
    told = service.answer_shown(desk, person, identity)
    return _solution(request, desk, told.solution, told=told, following="/lessons/case")


@pages.get("/practice")
def practice_page(request: Request, desk: TheDesk, person: Learns) -> Response:
    """Show a case to practise on: the one that the address names, else the first."""
    cases = service.practice(desk, person).items
    wanted = request.query_params.get("case")
    return _practice_case(request, desk, next((case for case in cases if case.id == wanted), cases[0]))


@pages.post("/practice")
def practise_page(request: Request, desk: TheDesk, person: Learns, form: Form) -> Response:
    """Show the solution of a case for practice, or the case again with all that was chosen."""
    cases = service.practice(desk, person).items
    at = next((number for number, case in enumerate(cases) if case.id == form.get("case")), 0)
    try:
        told = service.practise(desk, person, read_form(AnswerIn, form, many=("criteria",)))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error)}
        return _practice_case(request, desk, cases[at], status=422, **shown)
    following = f"/lessons/practice?case={cases[(at + 1) % len(cases)].id}"
    return _solution(request, desk, told, told=None, following=following)


def _course_case(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    now = service.case_now(desk, person)
    return _case(request, desk, now.case, at=now, action="/lessons/case", status=status, shown=shown)


def _practice_case(request: Request, desk: Desk, case: CaseOut, *, status: int = 200, **shown: object) -> Response:
    return _case(request, desk, case, at=None, action="/lessons/practice", status=status, shown=shown)


def _case(
    request: Request,
    desk: Desk,
    case: CaseOut,
    *,
    at: CurrentOut | None,
    action: str,
    status: int,
    shown: Mapping[str, object],
) -> Response:
    picker = whole_grid(desk, language_of(request))
    values: dict[str, object] = {"values": {}, "problems": {}, **shown}
    return render(
        request,
        "teaching/templates/case.html",
        status=status,
        case=case,
        at=at,
        action=action,
        picker=picker,
        verdicts=VERDICTS,
        **values,
    )


def _solution(
    request: Request, desk: Desk, solution: SolutionOut | None, *, told: AnsweredOut | None, following: str
) -> Response:
    shown = solved(desk, solution, language_of(request)) if solution else None
    template = "teaching/templates/solution.html"
    return render(request, template, solution=solution, shown=shown, told=told, following=following)
