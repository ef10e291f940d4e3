"""The second person: what one began, another ends; alone only where and when the house's profile lets one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from store.errors import BadInput, NotAllowed
from store.store import Store
from triage_api.access.glass.service import record_glass
from triage_api.access.house import profile_of
from triage_api.access.models import Person


def second_person(
    store: Store, session: Session, person: Person, *, first: str, asked_at: datetime, act: str, reason: str = ""
) -> bool:
    """Let an act go on that needs two people; return whether it does so with its second person.

    `first` is the id of the account that asked for it, `asked_at` when, `act` its name in the register. The same person
    goes on alone (False) once the profile's hours have passed, with a reason: that is an emergency, entered in the
    caller's transaction, for somebody else to review. `NotAllowed` before that (code ``second_person``), `BadInput`
    without a reason. The caller has locked all that it will: this writes to the register.
    """
    if person.id != first:
        return True
    hours = profile_of(store.settings).alone_after_hours
    if hours is None or store.clock() < asked_at + timedelta(hours=hours):
        wait = "" if hours is None else f", or you alone {hours} hours after asking"
        raise NotAllowed(f"Somebody else does this{wait}.", code="second_person")
    if not reason.strip():
        raise BadInput("Say why nobody else can.", code="alone_reason", field="reason")
    record_glass(session, store, person, reason.strip(), act=act)
    return False
