"""The unattended step: before a runaway's days are up somebody is asked whether to go on; after, it waits as others do.

What is kept for a youth who was found gets its end, and keeps it: a text that is read again meanwhile goes as soon.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from store.clock import every
from store.locks import INTAKE, hold
from store.store import Store
from store.tables import DeskAlert, QueueItem, Request, Subject
from triage_api.duty.alerts import tell_again
from triage_api.majority.running import desk_people
from triage_api.notices.queueing import notify
from triage_api.requests.found import ENDING
from triage_api.requests.queued import calm
from triage_api.requests.telling import pivot_of_asker
from triage_api.requests.texts import cap, end_of

STEP = "runaways"
_EVERY = timedelta(minutes=1)
_AHEAD = timedelta(days=1)
_MOST = 200


def watching(store: Store) -> Callable[[], int]:
    """Return the step; it looks once a minute and returns for how many requests it did something."""
    return every(store.clock, _EVERY, lambda: look(store))


def look(store: Store) -> int:
    """Ask about all that end soon, let those that ended wait as others do, cap texts; return how many requests."""
    now = store.clock()
    done = 0
    for which, act in ((_ending(now), _ask), (_ended(now), _let_rest), (_found(now, store.settings.found_days), _cap)):
        with store.database.reading() as session:
            due = list(session.scalars(select(Request.id).where(*which).order_by(Request.id).limit(_MOST)))
        done += sum(_one(store, identity, which, act) for identity in due)
    return done


Condition = tuple[ColumnElement[bool], ...]
Act = Callable[[Session, Store, Request], bool]


def _one(store: Store, identity: str, which: Condition, act: Act) -> bool:
    with store.database.writing() as session:
        if act is _cap:
            hold(session, [INTAKE])
        row = session.scalar(select(Request).where(Request.id == identity, *which).with_for_update())
        return row is not None and act(session, store, row)


def _missing() -> Condition:
    kept = Request.subject_id.in_(select(Subject.id).where(Subject.erased_at.is_(None)))
    return kept, Request.found_at.is_(None), Request.closed_at.is_(None), Request.runaway_until.is_not(None)


def _ending(now: datetime) -> Condition:
    """Return what ends within a day and was asked about by nobody since it does."""
    told = DeskAlert.kind == ENDING, DeskAlert.about == Request.id, DeskAlert.at > now - _AHEAD
    asked = exists().where(*told)
    return *_missing(), Request.runaway_until > now, Request.runaway_until <= now + _AHEAD, ~asked


def _ended(now: datetime) -> Condition:
    urgent = exists().where(QueueItem.request_id == Request.id, QueueItem.urgency == "soon", QueueItem.status == "open")
    return *_missing(), Request.runaway_until <= now, urgent


def _found(now: datetime, days: int) -> Condition:
    """Return those whose texts go, and may have to be told so again: a day longer than they have."""
    return Request.found_at.is_not(None), Request.found_at > now - timedelta(days=days + 1)


def _ask(session: Session, store: Store, row: Request) -> bool:
    people = desk_people(session)
    for user in people:
        tell_again(session, ENDING, user, row.id, store.clock())
    pivot = pivot_of_asker(session, store, row)
    if people and pivot is not None:  # nobody was told else, and it comes round again in a minute
        notify(session, store, pivot, "runaway", row.id)
    return bool(people)


def _let_rest(session: Session, _store: Store, row: Request) -> bool:
    calm(session, row.id, only="soon")
    return True


def _cap(session: Session, store: Store, row: Request) -> bool:
    found = row.found_at or store.clock()
    return cap(session, row.id, end_of(found, store.settings.found_days)) > 0
