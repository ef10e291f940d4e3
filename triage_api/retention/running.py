"""The unattended step: requests whose time is over are erased; whoever keeps holds is told of those that end soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import every
from store.errors import Conflict, NotFound
from store.holds import held_among, in_force
from store.store import Store
from store.tables import LegalHold, Request
from triage_api.access.models import Person
from triage_api.duty.alerts import tell
from triage_api.referrals.running import supervisors
from triage_api.retention.due import ends_of, is_over
from triage_api.subjects.erasing import erase_if

STEP = "retention"
HOLD_ENDING = timedelta(days=14)
"""So long before its end those who keep holds are told of one."""
_EVERY = timedelta(hours=1)
_BY_ITSELF = Person("", "", STEP, "", frozenset(), "fr")
"""Stands as actor in the register where nobody but the clock acted: it has no account and no right to anything."""
_REASON = "La durée de conservation est écoulée. / The time for which it is kept is over."


def retaining(store: Store) -> Callable[[], int]:
    """Return the step; it looks once an hour and returns how many requests it erased."""

    def look() -> int:
        tell_of_holds(store)
        return erase_over(store)

    return every(store.clock, _EVERY, look)


def over(store: Store) -> tuple[list[str], list[str]]:
    """Return the requests whose time is over, soonest first: those that go, and those that a hold keeps."""
    now = store.clock()
    with store.database.reading() as session:
        ended = [one for one, end in ends_of(session, store.settings).items() if end <= now]
        kept = held_among(session, "request", ended, now)
    return [one for one in ended if one not in kept], [one for one in ended if one in kept]


def erase_over(store: Store) -> int:
    """Erase each request whose time is over, as `subjects.erasing` does; return how many went.

    Each in a transaction of its own: what somebody answers, hands over or holds meanwhile stays as they left it.
    """
    return sum(_erase(store, identity) for identity in over(store)[0])


def _erase(store: Store, identity: str) -> bool:
    def due(session: Session, row: Request) -> bool:
        return is_over(session, store.settings, row, store.clock())

    try:
        return erase_if(store, _BY_ITSELF, identity, _REASON, due) is not None
    except (Conflict, NotFound):  # a text pasted for it is held, or somebody erased it meanwhile
        return False


def tell_of_holds(store: Store) -> int:
    """Tell every supervisor of each hold that ends soon, once; return how many alerts are new."""
    now = store.clock()
    with store.database.writing() as session:
        ending = session.scalars(select(LegalHold.id).where(in_force(now), LegalHold.ends_at <= now + HOLD_ENDING))
        whom = supervisors(session)
        return tell(session, "hold_ending", [(user, hold) for hold in ending.all() for user in whom], now)
