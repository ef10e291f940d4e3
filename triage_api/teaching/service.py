"""The lessons: the case to read, an answer, the solution, and what passing brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import Conflict, NotFound
from store.locks import hold
from store.register import Event
from store.tables import Lesson, User
from triage_api.access.models import Person
from triage_api.access.policy import Action, may, require
from triage_api.desk import Desk
from triage_api.queue.deciding import check_criteria
from triage_api.queue.models import Verdict
from triage_api.shell.cursors import unwrap, wrap
from triage_api.shell.recording import enter, recording
from triage_api.teaching.cases import load_cases
from triage_api.teaching.course import PASS, SIZE, Course, courses, current, next_case
from triage_api.teaching.marking import mark
from triage_api.teaching.models import (
    AnsweredOut,
    AnswerIn,
    AnswerOut,
    AnswerPage,
    AttemptOut,
    CurrentOut,
    LessonsOut,
    PracticeOut,
    SolutionOut,
)
from triage_api.teaching.results import results
from triage_api.teaching.showing import case_out, solution

_ID = "l-"


def overview(desk: Desk, person: Person) -> LessonsOut:
    """Return where the person stands, and for those who review the work what became of others' attempts."""
    require(person, Action.LESSON_DO)
    with desk.store.database.reading() as session:
        before = courses(load_cases(), _rows(session, person))
        trained_on = session.scalars(select(User.trained_on).where(User.id == person.id)).one()
        others = results(session, person.id) if may(person, Action.REVIEW_WORK) else []
    attempts = [_attempt(one) for one in reversed(before)]
    return LessonsOut(
        trained=person.trained,
        ever_trained=trained_on is not None,
        renews=desk.store.settings.lessons_renew_training,
        passed_on=next((house_day(one.last_at) for one in attempts if one.passed), None),
        answered=len(current(load_cases(), before, desk.store.clock()).answered),
        of=SIZE,
        needed=PASS,
        attempts=attempts,
        results=others,
    )


def case_now(desk: Desk, person: Person) -> CurrentOut:
    """Return the case that the person is to answer; a new attempt begins where the last one is done."""
    require(person, Action.LESSON_DO)
    with desk.store.database.reading() as session:
        return _now(desk, person, _rows(session, person))


def answer(desk: Desk, person: Person, given: AnswerIn) -> AnsweredOut:
    """Record an answer to the case that the person is at, and return its solution.

    The last one of an attempt that is passed makes an entry, and renews the training if the house lets it;
    `Conflict` (`other_case`) for a case that the person is not at, answered in another window perhaps.
    """
    require(person, Action.LESSON_DO)
    check_criteria(desk, given.criteria)
    with recording(desk.store) as session:
        hold(session, [f"lessons:{person.id}"])
        rows = _rows(session, person)
        at = _now(desk, person, rows)
        if at.case.id != given.case:
            raise Conflict("You are at another case.", code="other_case")
        row = _row(desk, person, at, given)
        session.add(row)
        session.flush()
        done = courses(load_cases(), [*rows, row])[-1]
        if done.passed:
            renewed = _renew(desk, session, person)
            enter(session, desk.store, person, Event.TRAINING_PASSED, {"renewed": renewed})
        told = _answered(row, done)
    return told.model_copy(update={"solution": _solved(desk, told)})


def answer_shown(desk: Desk, person: Person, identity: str) -> AnsweredOut:
    """Return one of the person's own answers with its solution."""
    require(person, Action.LESSON_DO)
    number = identity.removeprefix(_ID)
    if not number.isascii() or not number.isdecimal() or len(identity) != len(_id(0)):
        raise NotFound("No such answer.")
    with desk.store.database.reading() as session:
        rows = _rows(session, person)
        row = next((one for one in rows if _id(one.id) == identity), None)
        if row is None:
            raise NotFound("No such answer.")
        course = next(one for one in courses(load_cases(), rows) if one.id == row.course)
        told = _answered(row, course)
    return told.model_copy(update={"solution": _solved(desk, told)})


def answers(desk: Desk, person: Person, limit: int, cursor: str | None) -> AnswerPage:
    """Return the person's own answers, newest first."""
    require(person, Action.LESSON_DO)
    query = _own(person).order_by(Lesson.id.desc()).limit(limit + 1)
    if cursor:
        query = query.where(Lesson.id < unwrap(cursor, int)[0])
    with desk.store.database.reading() as session:
        rows = session.scalars(query).all()
    shown = [_out(row) for row in rows[:limit]]
    return AnswerPage(items=shown, next=wrap(rows[limit - 1].id) if len(rows) > limit else None)


def practice(desk: Desk, person: Person) -> PracticeOut:  # noqa: ARG001 - as every service
    """Return the cases to practise on."""
    require(person, Action.LESSON_DO)
    return PracticeOut(items=[case_out(case) for case in load_cases().of("practice")])


def practise(desk: Desk, person: Person, given: AnswerIn) -> SolutionOut:
    """Return the solution of a case for practice; nothing is kept."""
    require(person, Action.LESSON_DO)
    check_criteria(desk, given.criteria)
    return solution(desk, load_cases().named(given.case, "practice"), given.verdict, given.criteria)


def _own(person: Person) -> Select[Lesson]:
    return select(Lesson).where(Lesson.user_id == person.id)


def _rows(session: Session, person: Person) -> Sequence[Lesson]:
    return session.scalars(_own(person).order_by(Lesson.id)).all()


def _now(desk: Desk, person: Person, rows: Sequence[Lesson]) -> CurrentOut:
    cases = load_cases()
    before = courses(cases, rows)
    course = current(cases, before, desk.store.clock())
    case = next_case(cases, person.id, course, before)
    if case is None:
        raise LookupError("the attempt that a person is at is never done")
    return CurrentOut(attempt=course.number, answered=len(course.answered), of=SIZE, case=case_out(case))


def _row(desk: Desk, person: Person, at: CurrentOut, given: AnswerIn) -> Lesson:
    cases = load_cases()
    return Lesson(
        user_id=person.id,
        course=f"{at.attempt}-{cases.version}",
        case=given.case,
        verdict=given.verdict,
        criteria=sorted(set(given.criteria)),
        right=mark(cases.by_id[given.case], given.verdict, given.criteria).right,
        at=desk.store.clock(),
    )


def _renew(desk: Desk, session: Session, person: Person) -> bool:
    """Set the day of the training, if the house lets lessons renew it; the first training is set by a person."""
    user = session.get_one(User, person.id, with_for_update=True)
    if user.trained_on is None or not desk.store.settings.lessons_renew_training:
        return False
    user.trained_on = house_day(desk.store.clock())
    return True


def _solved(desk: Desk, told: AnsweredOut) -> SolutionOut | None:
    case = load_cases().by_id.get(told.case)
    return solution(desk, case, cast("Verdict", told.verdict), told.criteria) if case else None


def _answered(row: Lesson, course: Course) -> AnsweredOut:
    return AnsweredOut(
        **_out(row).model_dump(),
        number=course.answered.index(row.case) + 1,
        of=SIZE,
        done=_attempt(course) if course.done else None,
        solution=None,
    )


def _attempt(course: Course) -> AttemptOut:
    if course.last is None:
        raise LookupError("an attempt is told once something is answered")
    return AttemptOut(
        attempt=course.number,
        answered=len(course.answered),
        right=course.right,
        missed=course.missed,
        done=course.done,
        passed=course.passed,
        last_at=course.last,
    )


def _out(row: Lesson) -> AnswerOut:
    return AnswerOut(
        id=_id(row.id),
        attempt=int(row.course.partition("-")[0]),
        case=row.case,
        verdict=row.verdict,
        criteria=row.criteria,
        right=row.right,
        at=row.at,
    )


def _id(number: int) -> str:
    return f"{_ID}{number:020}"
