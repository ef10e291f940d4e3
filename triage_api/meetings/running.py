"""The unattended step: whoever works the queue is told, once, that cases meet or that one moved between regions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from store.clock import every
from store.store import Store
from store.tables import DeskAlert
from triage_api.duty.alerts import tell
from triage_api.duty.standing import able
from triage_api.meetings.crossings import Cases

STEP = "meetings"
ALERT = "cases_meet"
_EVERY = timedelta(minutes=10)


def looking(store: Store) -> Callable[[], int]:
    """Return the step; it looks every ten minutes and returns how many alerts are new."""
    return every(store.clock, _EVERY, lambda: tell_of_crossings(store))


def tell_of_crossings(store: Store) -> int:
    """Tell of every pair of cases that meets and every case that moved; return how many alerts are new.

    The desks of all regions are told of a case that moved: both of its regions among them. It writes only if somebody
    is to be told.
    """
    now = store.clock()
    with store.database.reading() as session:
        cases = Cases(session, store)
        abouts = ["+".join(one.requests) for one in cases.crossings()]
        abouts += [f"{one.request}:{'|'.join(sorted(one.regions))}" for one in cases.moved()]
        told = select(DeskAlert.user_id, DeskAlert.about).where(DeskAlert.kind == ALERT)
        known = {(user, about) for user, about in session.execute(told)}
        pairs = {(user, about) for user in able(session, store.settings, now) for about in abouts} - known
    if not pairs:
        return 0
    with store.database.writing() as session:
        return tell(session, ALERT, pairs, now)
