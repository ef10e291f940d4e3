"""A request of somebody without an account, written down at the desk once they were called back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.register import Event
from store.tables import Organisation
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.requests.filing import acknowledged, mistakes_in, refuse, write_request
from triage_api.requests.models import Called, EnterIn, Filed
from triage_api.shell.recording import after_key_change, enter, recording


def enter_request(desk: Desk, person: Person, given: EnterIn) -> Filed:
    """Keep a request that was made by telephone, and enter that it was; `BadForm` for every field that cannot be.

    Nobody is believed on the telephone: they are called back, on a number that the directory has or that is public.
    """
    require(person, Action.REQUEST_ENTER)
    return after_key_change(lambda: _enter(desk, person, given))


def _enter(desk: Desk, person: Person, given: EnterIn) -> Filed:
    with recording(desk.store) as session:
        known = _organisation(session, given.organisation)
        refuse(mistakes_in(desk.store, given) | _call_mistakes(given, known))
        call = Called(organisation=given.organisation_name, number=given.number, number_from=given.number_from)
        row = write_request(session, desk.store, person, given, organisation=known.id if known else None, call=call)
        said = {"request": row.id, "organisation": row.organisation_id, "number_from": given.number_from}
        enter(session, desk.store, person, Event.REQUEST_ENTERED, said | {"runaway": row.runaway})
        return acknowledged(session, desk.store, row)


def _organisation(session: Session, identity: str) -> Organisation | None:
    known = session.get(Organisation, identity) if identity else None
    return known if known is not None and known.ended_at is None else None


def _call_mistakes(given: EnterIn, known: Organisation | None) -> dict[str, str]:
    return {
        "organisation": "unknown_organisation" if given.organisation and known is None else "",
        "number_from": "number_not_known" if given.number_from == "directory" and known is None else "",
        "called_back": "" if given.called_back else "call_back_first",
    }
