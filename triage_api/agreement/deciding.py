"""A supervisor suspends a criterion from automation, or restores it, and says why."""

from __future__ import annotations

from store.criteria import hold_states
from store.errors import BadInput
from store.register import Event
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.checking import VERDICT, agreements, decide_state
from triage_api.agreement.models import AgreementLine, AgreementOut, StateIn
from triage_api.desk import Desk
from triage_api.shell.recording import enter, recording


def agreement_shown(desk: Desk, person: Person) -> AgreementOut:
    """Return how far readers agree, to whoever decides on criteria."""
    require(person, Action.CRITERION_DECIDE)
    with desk.store.database.reading() as session:
        return AgreementOut(grid=desk.grid.version, lines=agreements(session, desk.grid))


def decide_criterion(desk: Desk, person: Person, given: StateIn) -> AgreementLine:
    """Suspend a criterion or restore it, with an entry that seals why; the same state again leaves no entry.

    A restored criterion counts only what is judged from then on: else the next judgement would suspend it again.
    """
    require(person, Action.CRITERION_DECIDE)
    with recording(desk.store) as session:
        hold_states(session)
        before = {line.subject: line for line in agreements(session, desk.grid)}
        line = before.get(given.criterion)
        if line is None or line.subject == VERDICT:
            told = f"Not in grid {desk.grid.version}: {given.criterion[:40]}."
            raise BadInput(told, code="unknown_criteria", field="criterion")
        if line.state == given.state:
            return line
        decide_state(session, desk, line, given.state, person.pseudonym)
        said = {"criterion": line.subject, "state": given.state, "alpha": line.alpha, "posts": line.posts}
        why = desk.store.keys.sealed(given.reason, f"criterion:{line.subject}")
        enter(session, desk.store, person, Event.CRITERION_DECIDED, said, why)
        return next(one for one in agreements(session, desk.grid) if one.subject == line.subject)
