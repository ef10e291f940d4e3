"""Who a pseudonym is: asked with a reason, told once the entry that says so is made."""

from __future__ import annotations

from sqlalchemy import select

from store.errors import NotFound
from store.register import Event
from store.store import Store
from store.tables import User
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.oversight.review_models import NameIn, NameOut
from triage_api.shell.recording import enter, recording


def reveal_name(store: Store, person: Person, given: NameIn) -> NameOut:
    """Return whose pseudonym it is, or raise `NotFound`; the register tells it and holds the reason, sealed."""
    require(person, Action.NAME_REVEAL)
    with recording(store) as session:
        user = session.scalar(select(User).where(User.pseudonym == given.pseudonym))
        if user is None:
            raise NotFound("Nobody has this pseudonym.")
        why = store.keys.sealed(given.why, f"name:{user.pseudonym}")
        enter(session, store, person, Event.NAME_REVEALED, {"pseudonym": user.pseudonym}, why)
        return NameOut(
            pseudonym=user.pseudonym,
            name=user.name,
            full_name=user.full_name,
            organisation=user.organisation,
            active=user.active,
        )
