"""Keeping a case: its steps as people took them, and its end: with the day of a report, or a reason of two people.

The product reports nothing to anybody: a person does, by telephone; only the day is kept.
"""

from __future__ import annotations

from datetime import date
from typing import cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import BadInput, Conflict, NotFound
from store.register import Event
from store.store import Store
from store.tables import Closing, EntenteStep, Request, Subject, User
from triage_api.access.glass.second import second_person
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.cases.models import STEPS, CaseOut, CloseIn, ClosingOut, Step, StepIn, StepOut
from triage_api.helplines.lines import lines_for
from triage_api.requests.sealing import key_of, opened, sealed
from triage_api.shell.recording import enter, recording


def read_case(store: Store, person: Person, identity: str) -> CaseOut:
    """Return the case of a request, once its entry is in the register; `NotFound` for one that is erased or not."""
    require(person, Action.CASE_CLOSE)
    with recording(store) as session:
        row = _held(session, identity)
        enter(session, store, person, Event.REQUEST_OPENED, {"request": row.id, "what": "case"})
        return _shown(session, store, person, row)


def write_step(store: Store, person: Person, identity: str, given: StepIn) -> CaseOut:
    """Write down on which day a step was taken, or put that day right.

    `BadInput` for a day to come (``in_future``) or one that turns the order of the steps round (``step_order``);
    `Conflict` (``request_closed``) once the case is closed.
    """
    require(person, Action.CASE_CLOSE)
    with recording(store) as session:
        row = _held(session, identity)
        _require_open(row)
        steps = _steps(session, row.id)
        _check_day(store, steps, given)
        found = steps.get(given.step) or EntenteStep(request_id=row.id, step=given.step)
        found.on, found.user_id, found.at = given.on, person.id, store.clock()
        session.add(found)
        session.flush()
        enter(session, store, person, Event.STEP_WRITTEN, {"request": row.id, "step": given.step})
        return _shown(session, store, person, row)


def close_case(store: Store, person: Person, identity: str, given: CloseIn) -> CaseOut:
    """Close a case: at once where the day of its report is known, else ask for it, or agree with who asked.

    Without a report the first call asks, with a reason; somebody else's closes. `BadInput` (``reason_needed``) without
    one; `NotAllowed` (``second_person``) if the same person tries again too soon; `Conflict`: it has no answer yet,
    or who asked wrote since (``answer_first``), or is closed (``request_closed``).
    """
    require(person, Action.CASE_CLOSE)
    with recording(store) as session:
        row = _held(session, identity)
        close_request(session, store, person, row, given.reason)
        return _shown(session, store, person, row)


def close_request(session: Session, store: Store, person: Person, row: Request, reason: str = "") -> bool:
    """Close a request in the caller's transaction, which holds it; False if that was only asked for."""
    _require_open(row)
    if row.status != "answered":  # also once who asked wrote again: that waits in the queue
        raise Conflict("Answer the request first.", code="answer_first")
    report = _steps(session, row.id).get("report")
    closing = session.get(Closing, row.id, with_for_update=True)
    if report is None and closing is None:
        _ask(session, store, person, row, reason)
        return False
    alone = report is None and closing is not None and _is_alone(session, store, person, closing, reason)
    _close(session, store, person, row, closing, report=report.on if report else None, alone=alone)
    return True


def forget_case(session: Session, request: str) -> None:
    """Take out of a case what says anything of the youth: its steps, and why there was no report."""
    session.execute(delete(EntenteStep).where(EntenteStep.request_id == request))
    session.execute(update(Closing).where(Closing.request_id == request).values(reported_on=None, sealed=None))


def _ask(session: Session, store: Store, person: Person, row: Request, reason: str) -> None:
    if not reason:
        raise BadInput("Without a report to youth protection, say why there is none.", code="needed", field="reason")
    why = sealed(key_of(session, store, row), reason, f"closing:{row.id}")
    session.add(Closing(request_id=row.id, sealed=why, asked_by=person.id, asked_at=store.clock()))
    session.flush()
    enter(session, store, person, Event.REQUEST_CLOSED, {"request": row.id, "asked": True})


def _is_alone(session: Session, store: Store, person: Person, closing: Closing, reason: str) -> bool:
    act = Event.REQUEST_CLOSED.value
    return not second_person(
        store, session, person, first=closing.asked_by, asked_at=closing.asked_at, act=act, reason=reason
    )


def _close(
    session: Session,
    store: Store,
    person: Person,
    row: Request,
    closing: Closing | None,
    *,
    report: date | None,
    alone: bool,
) -> None:
    now = store.clock()
    kept = closing or Closing(request_id=row.id, asked_by=person.id, asked_at=now)
    kept.reported_on, kept.closed_by, kept.closed_at, kept.alone = report, person.id, now, alone
    session.add(kept)
    row.status, row.closed_at = "closed", now
    session.flush()
    said = {"request": row.id, "on": "report" if report else "reason", **({"alone": True} if alone else {})}
    enter(session, store, person, Event.REQUEST_CLOSED, said)


def _held(session: Session, identity: str) -> Request:
    kept = select(Request).join(Subject, Subject.id == Request.subject_id).where(Subject.erased_at.is_(None))
    row = session.scalar(kept.where(Request.id == identity).with_for_update(of=Request))
    if row is None:
        raise NotFound("No such request.")
    return row


def _require_open(row: Request) -> None:
    if row.closed_at is not None:
        raise Conflict("This case is closed.", code="request_closed")


def _steps(session: Session, request: str) -> dict[Step, EntenteStep]:
    rows = session.scalars(select(EntenteStep).where(EntenteStep.request_id == request))
    return {cast("Step", row.step): row for row in rows}


def _check_day(store: Store, steps: dict[Step, EntenteStep], given: StepIn) -> None:
    if given.on > house_day(store.clock()):
        raise BadInput("This day is to come.", code="in_future", field="on")
    place = STEPS.index(given.step)
    before = [steps[step].on for step in STEPS[:place] if step in steps]
    after = [steps[step].on for step in STEPS[place + 1 :] if step in steps]
    if any(day > given.on for day in before) or any(day < given.on for day in after):
        raise BadInput("The steps come one after the other.", code="step_order", field="on")


def _shown(session: Session, store: Store, person: Person, row: Request) -> CaseOut:
    steps, closing = _steps(session, row.id), session.get(Closing, row.id)
    by = {step: _pseudonym(session, one.user_id) for step, one in steps.items()}
    return CaseOut(
        request=row.id,
        status=row.status,
        region=row.region,
        steps=[StepOut(step=one, on=steps[one].on if one in steps else None, by=by.get(one, "")) for one in STEPS],
        closing=_closing(session, store, person, row, closing) if closing else None,
        helplines=lines_for(session, store, row.region),
    )


def _closing(session: Session, store: Store, person: Person, row: Request, closing: Closing) -> ClosingOut:
    why = opened(key_of(session, store, row), closing.sealed, f"closing:{row.id}") if closing.sealed else ""
    return ClosingOut(
        reported_on=closing.reported_on,
        reason=why,
        asked_by=_pseudonym(session, closing.asked_by),
        asked_at=closing.asked_at,
        mine=closing.asked_by == person.id,
        closed_by=_pseudonym(session, closing.closed_by),
        closed_at=closing.closed_at,
        alone=closing.alone,
    )


def _pseudonym(session: Session, user: str | None) -> str:
    return session.scalar(select(User.pseudonym).where(User.id == user)) or ""
