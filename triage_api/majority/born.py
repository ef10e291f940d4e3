"""Writing down a birth date that became known: it decides when minority ends, where an age alone leaves a year open."""

from __future__ import annotations

from pydantic import BaseModel

from store.clock import house_day
from store.register import Event
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.requests.filing import refuse
from triage_api.requests.held import held, require_open
from triage_api.requests.models import Day
from triage_api.requests.sealing import details_of, key_of, sealed
from triage_api.shell.recording import enter, recording


class BornIn(BaseModel):
    """The birth date of the youth of a request."""

    born: Day


def write_born(desk: Desk, person: Person, identity: str, given: BornIn) -> None:
    """Write down a youth's birth date, whatever it says: of an adult, the request is then closed in its time.

    `BadForm` (`in_future` at ``born``), `Conflict` (`request_closed`). People are reminded anew.
    """
    granted = require(person, Action.REQUEST_ANSWER)
    refuse({"born": "in_future" if given.born > house_day(desk.store.clock()) else ""})
    with recording(desk.store) as session:
        row = held(session, desk.store, person, granted, identity)
        require_open(row)
        told = details_of(session, desk.store, row).model_copy(update={"born": given.born})
        row.sealed = sealed(key_of(session, desk.store, row), told.model_dump_json(), f"request:{row.id}")
        row.majority_told_at = None
        enter(session, desk.store, person, Event.REQUEST_OPENED, {"request": row.id, "what": "born"})
