"""Answering a request: what is told, on what, what was looked at; what tells of a youth writes a line of the ledger."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import Conflict
from store.register import Event
from store.tables import QueueItem, Request, Search
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.desk import Desk
from triage_api.ledger.writing import write_line
from triage_api.notices.queueing import notify
from triage_api.queue.claims import close, require_free
from triage_api.referrals.alone import ask_review
from triage_api.requests.answers import keep_answer, shown_to
from triage_api.requests.bare import refuse_bare
from triage_api.requests.held import held, require_open
from triage_api.requests.models import NOTHING_TOLD, AnswerIn, AnswerOut, Basis
from triage_api.requests.queued import item_of
from triage_api.requests.sealing import key_of
from triage_api.requests.telling import cleared, pivot_of_asker
from triage_api.shell.recording import enter, recording
from triage_api.sources.coverage import coverage_of
from triage_api.sources.covering import Coverage


def answer(desk: Desk, person: Person, identity: str, given: AnswerIn) -> AnswerOut:
    """Answer a request once and take it out of the queue; "nothing found" carries what was covered and what was not.

    Every answer keeps its ground, the version of the criteria, who gave it and what was decided. One that acts needs a
    ground that lets one person tell (see `telling.cleared`), is reviewed after by somebody else, and writes the ledger;
    so does all that is told by telephone. `BadInput` (`bare_nothing`) for a text that says nothing was found in another
    kind of answer. `Conflict`: `answered`, `request_closed`, `search_first`, `two_people`, `claimed`.
    """
    granted = require(person, Action.REQUEST_ANSWER)
    if given.kind != "nothing_found":
        refuse_bare(given.text)
    with recording(desk.store) as session:
        row = held(session, desk.store, person, granted, identity)
        item = _free_item(desk, session, person, row)
        said = _said(desk, session, person, row, given)
        if item is not None:
            close(item, person)
        keep_answer(key_of(session, desk.store, row), row, said)
        row.status, row.answer_kind = "answered", said.kind
        row.answered_at, row.answered_by = said.answered_at, person.id
        if said.kind == "act":  # on a ground that lets one person tell; those that need two tell nothing here
            ask_review(session, desk.store, row, said.answered_at)
        session.flush()
        pivot = _tell(desk, session, row)
        _enter(desk, session, person, row, said, pivot)
    return shown_to(said, Reach.ANY)


def _free_item(desk: Desk, session: Session, person: Person, row: Request) -> QueueItem | None:
    """Return the item of a request that waits for its answer, which nobody else reads."""
    require_open(row)
    if row.status == "answered":
        raise Conflict("This request is answered already.", code="answered")
    item = item_of(session, row.id)
    if item is not None:
        require_free(item, person, desk)
    return item


def _said(desk: Desk, session: Session, person: Person, row: Request, given: AnswerIn) -> AnswerOut:
    searches = _searches(session, row)
    basis = Basis(grid=desk.grid.version, by=person.pseudonym, ground=_ground_of(searches))
    if given.kind == "act":
        ground, fields = cleared(session, row, given)
        facts = {name: given.facts[name].strip() for name in ground.needs}
        basis = basis.model_copy(update={"ground": ground.code, "facts": facts, "fields": fields})
    return AnswerOut(
        kind=given.kind,
        text=given.text,
        coverage=_looked_at(desk, session, searches) if given.kind == "nothing_found" else None,
        answered_at=desk.store.clock(),
        to=given.to if given.kind == "passed" else None,
        basis=basis,
    )


def _searches(session: Session, row: Request) -> list[Search]:
    """Return the searches that were made for a request to their end, as they were made."""
    made = select(Search).where(Search.request_id == row.id, Search.closed_at.is_not(None), Search.error.is_(None))
    return list(session.scalars(made.order_by(Search.opened_at, Search.id)))


def _ground_of(searches: list[Search]) -> str:
    """Return the ground on which it was looked, for what tells nothing; of no search, that nothing was told."""
    return searches[-1].ground if searches else NOTHING_TOLD


def _looked_at(desk: Desk, session: Session, searches: list[Search]) -> Coverage:
    """Return what the searches made for a request covered; `Conflict` (`search_first`) if none was made."""
    if not searches:
        raise Conflict("Nothing was searched for this request: search first.", code="search_first")
    return coverage_of(session, desk.store, searches)


def _tell(desk: Desk, session: Session, row: Request) -> str | None:
    """Ask for the notice that an answer waits; return the pivot that whoever asked is, if they are one."""
    pivot = pivot_of_asker(session, desk.store, row)
    if pivot is not None:
        notify(session, desk.store, pivot, "answered", row.id)
    return pivot


def _enter(desk: Desk, session: Session, person: Person, row: Request, said: AnswerOut, pivot: str | None) -> None:
    basis = said.basis or Basis()
    public = {"request": row.id, "kind": said.kind, "grid": basis.grid, **({"to": said.to} if said.to else {})}
    if said.kind != "act" and row.channel != "call":
        enter(session, desk.store, person, Event.REQUEST_ANSWERED, public | {"ground": basis.ground})
        return
    write_line(
        session,
        desk.store,
        person,
        kind="call" if row.channel == "call" else "answer",
        about=row.id,
        subject=row.subject_id,
        organisation=row.organisation_id,
        pivot=pivot,
        ground=basis.ground,
        consent=None,
        fields=basis.fields,
        event=Event.REQUEST_ANSWERED,
        public=public,
    )
