"""Writing a request down: what its form cannot say, what is sealed, and its item in the queue."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from sqlalchemy.orm import Session

from store.clock import house_day
from store.store import Store
from store.tables import Request
from triage_api.access.models import Person
from triage_api.consents.ages import ADULT, Known
from triage_api.directory.kinds import REGIONS
from triage_api.helplines.lines import Helplines, lines_for, lines_of_user
from triage_api.requests.models import Called, Details, Filed, RequestIn, Told
from triage_api.requests.queued import new_item, urgency_of
from triage_api.requests.sealing import new_subject, sealed
from triage_api.shell.forms import BadForm


def refuse(problems: dict[str, str]) -> None:
    """Raise `BadForm` if there is any problem; it names each field and what is wrong with it."""
    if wrong := {field: code for field, code in problems.items() if code}:
        said = "; ".join(f"{field}: {_SAID.get(code, code)}" for field, code in wrong.items())
        raise BadForm(f"{said}.", wrong)


def mistakes_in(store: Store, given: RequestIn) -> dict[str, str]:
    """Return what is wrong with a form, by field, as far as its shape does not tell."""
    today = house_day(store.clock())
    return {
        "born": _born_problem(given.born, today),
        "age": "adult" if given.age is not None and given.age >= ADULT else "",
        "region": "region_unknown" if given.region and given.region not in REGIONS else "",
    }


def write_request(
    session: Session,
    store: Store,
    person: Person,
    given: RequestIn,
    *,
    organisation: str | None = None,
    call: Called | None = None,
) -> Request:
    """Keep a request, sealed under a key of its own, and put it in the queue, in the caller's transaction.

    `organisation` is who asks, by id of the directory; `call` says how it was made sure who telephoned.
    """
    identity, now = f"r-{secrets.token_hex(10)}", store.clock()
    subject, key = new_subject(session, store, given)
    told = Details(**given.model_dump(include=set(Told.model_fields)), call=call).model_dump_json()
    row = Request(
        id=identity,
        partner_id=person.id,
        subject_id=subject.id,
        sealed=sealed(key, told, f"request:{identity}"),
        runaway=given.runaway,
        runaway_until=now + timedelta(days=store.settings.runaway_days) if given.runaway else None,
        status="received",
        created_at=now,
        channel="call" if call else "portal",
        organisation_id=organisation,
        region=given.region,
    )
    session.add(row)
    session.flush()
    session.add(new_item(row, urgency_of(danger=given.danger == "yes", runaway=given.runaway), now))
    session.flush()
    return row


def acknowledged(session: Session, store: Store, row: Request) -> Filed:
    """Return the acknowledgement: whom to call, and when it is read; nothing of what is known."""
    return Filed(id=row.id, created_at=row.created_at, helplines=lines_of(session, store, row))


def lines_of(session: Session, store: Store, row: Request) -> Helplines:
    """Return whom to call in the youth's region or, where it was not told, in those of whoever asked."""
    if row.region or row.channel == "call":
        return lines_for(session, store, row.region)
    return lines_of_user(session, store, row.partner_id)


def _born_problem(born: date | None, today: date) -> str:
    if born is None:
        return ""
    return "in_future" if born > today else "adult" if Known(born=born).at(today) >= ADULT else ""


_SAID = {
    "in_future": "this day is to come",
    "adult": "requests are about minors; call 911 in danger, else 811 or a CAVAC",
    "region_unknown": "no region of Québec has this name",
    "needed": "this must be said",
    "unknown_organisation": "no current organisation of the directory has this id",
    "field_not_theirs": "a field that whoever asks is never told",
    "unknown_field": "no such field: see /api/grounds",
    "number_not_known": "the directory's number is that of an organisation of the directory: name it",
    "call_back_first": "call back first, on a number that you found yourself",
}
