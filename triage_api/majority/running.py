"""The unattended step: people are reminded months before a youth turns 18, and at 18 silence ends the case.

Both as often as it is asked: each request is reminded of once, and closed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.batches import batches
from store.clock import every, house_day
from store.errors import Conflict, NotFound
from store.register import Event, append
from store.store import Store
from store.tables import Referral, Request, StandingSearch, Subject, User
from triage_api.access.models import Role
from triage_api.consents.ages import ADULT, Known
from triage_api.directory.finding import pivot_to_tell
from triage_api.duty.alerts import tell
from triage_api.majority.access import goes_on, is_adult, known_of
from triage_api.notices.queueing import notify
from triage_api.referrals.held import TO_PIVOT
from triage_api.requests.models import Details
from triage_api.requests.queued import leave
from triage_api.requests.sealing import details_of, forget_hashes, key_name, opened
from triage_api.requests.telling import pivot_of_asker
from triage_api.shell.recording import recording
from triage_api.standing.ending import BY_ITSELF, finish, owner_of

STEP = "majority"
"""Stands as actor in the register where nobody but the clock acted; the kind of alert and of notice, too."""
_EVERY = timedelta(hours=1)
_BATCH = 200
_DESK = frozenset({Role.ANALYST, Role.SUPERVISOR})


def watching(store: Store) -> Callable[[], int]:
    """Return the step; it looks once an hour and returns for how many requests it did something."""
    return every(store.clock, _EVERY, lambda: look(store))


def look(store: Store) -> int:
    """Remind of all that are due, close all that are over, and return how many requests that were."""
    today = house_day(store.clock())
    due = [identity for identity, known, told in list(_known(store)) if _is_due(store, known, today, told=told)]
    return sum(_one(store, identity, today) for identity in due)


def reminded_from(known: Known, months: int) -> date:
    """Return the day so many months before the earliest day on which somebody can turn 18."""
    day = known.turns(ADULT)
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, 28))


def _is_due(store: Store, known: Known, today: date, *, told: bool) -> bool:
    return is_adult(known, today) or (not told and reminded_from(known, store.settings.majority_months) <= today)


def _known(store: Store) -> Iterator[tuple[str, Known, bool]]:
    """Yield every open request whose youth's age was told, what of it, and whether somebody was reminded."""
    with store.database.reading() as session:
        kept = select(Request.id).join(Subject, Subject.id == Request.subject_id)
        ids = session.scalars(kept.where(Subject.erased_at.is_(None), Request.closed_at.is_(None))).all()
    yield from chain.from_iterable(_known_of(store, some) for some in batches(ids, _BATCH))


def _known_of(store: Store, ids: Sequence[str]) -> list[tuple[str, Known, bool]]:
    with store.database.reading() as session:
        rows = session.scalars(select(Request).where(Request.id.in_(ids), Request.sealed != b"")).all()
        keys = store.keys.keys(key_name(row.subject_id) for row in rows)
    found = [(row, keys[key_name(row.subject_id)]) for row in rows if key_name(row.subject_id) in keys]
    told = [(row, Details.model_validate_json(opened(key, row.sealed, f"request:{row.id}"))) for row, key in found]
    known = [(row, known_of(row, each)) for row, each in told]
    return [(row.id, one, row.majority_told_at is not None) for row, one in known if one is not None]


def _one(store: Store, identity: str, today: date) -> bool:
    """Do what is due for one request, if it still is; tell whether anything was done."""
    with suppress(NotFound), recording(store) as session:
        waits = Request.id == identity, Request.closed_at.is_(None)
        row = session.scalar(select(Request).where(*waits).with_for_update())
        known = known_of(row, details_of(session, store, row)) if row is not None else None
        if row is None or known is None:
            return False
        if is_adult(known, today):
            return not goes_on(session, store, row.subject_id) and _close(session, store, row)
        return row.majority_told_at is None and _remind(session, store, row)
    return False


def _remind(session: Session, store: Store, row: Request) -> bool:
    """Tell the desk, whoever asked and every pivot who was told something, without saying of whom."""
    row.majority_told_at = store.clock()
    session.flush()
    tell(session, STEP, [(user, row.id) for user in desk_people(session)], row.majority_told_at)
    for pivot in _pivots(session, store, row):
        notify(session, store, pivot, "majority", row.id)
    return True


def _pivots(session: Session, store: Store, row: Request) -> list[str]:
    told = select(Referral.pivot_id).where(Referral.request_id == row.id, Referral.state.in_(TO_PIVOT))
    named = {*session.scalars(told), pivot_of_asker(session, store, row)}
    there: set[str] = set()
    for pivot in named - {None}:
        with suppress(Conflict, NotFound):  # nobody is there to be reminded
            there.add(pivot_to_tell(session, store, str(pivot)).id)
    return sorted(there)


def _close(session: Session, store: Store, row: Request) -> bool:
    """Close a request whose youth is an adult who said no yes: nothing is matched any more; its text goes in time."""
    now = store.clock()
    standing = select(StandingSearch).where(StandingSearch.request_id == row.id, StandingSearch.ended_at.is_(None))
    running = list(session.scalars(standing.order_by(StandingSearch.id).with_for_update()))
    leave(session, row.id, None)
    row.status, row.closed_at = "closed", now
    forget_hashes(session, row.subject_id)
    session.flush()
    for one in running:
        finish(store, session, one, "closed", owner_of(store, session, one), BY_ITSELF)
    append(session, event=Event.REQUEST_CLOSED, actor=STEP, at=now, public={"request": row.id, "on": "majority"})
    return True


def desk_people(session: Session) -> list[str]:
    """Return the ids of all who answer requests, trained or not: it says nothing of anybody, and somebody must know."""
    users = session.execute(select(User.id, User.roles).where(User.active))
    return [user for user, roles in users if not _DESK.isdisjoint(roles)]
