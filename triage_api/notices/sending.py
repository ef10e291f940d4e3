"""The unattended step that sends e-mails: each once, and its state says whether it left.

That a mail server is about to be spoken to is on disk before it is. Whatever stops the house in between leaves a notice
that is being sent; once its lease is over nobody knows whether it left, the desk is told, and it is never sent again by
itself. Several workers may run it side by side.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import every
from store.errors import Conflict, NotFound
from store.leftovers import ask_destruction
from store.store import Store
from store.tables import Notice
from triage_api.directory.finding import pivot_to_tell
from triage_api.duty.alerts import tell
from triage_api.duty.standing import able
from triage_api.notices.checks import mail_problem
from triage_api.notices.post import ADDRESS, SECONDS, Outcome, deliver
from triage_api.notices.queueing import key_name
from triage_api.notices.truth import still_true
from triage_api.notices.wording import letter, message_id

log = logging.getLogger(__name__)

STEP = "notices"
DOUBTFUL = "notice_uncertain"
"""The alert to the desk: an e-mail may not have arrived, somebody calls."""
_EVERY = timedelta(seconds=5)
_AT_ONCE = 50
_GIVE_UP = timedelta(days=5)
_LONGEST = timedelta(hours=24)
_TOLD_AT = 5
"""The failed attempt at which the desk hears of it: about half an hour after the first."""
_ANSWERS = 10
"""Most answers of a server that one message waits for; a lease is longer than all of them."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A notice that this worker alone is about to send."""

    id: str
    attempt: int
    address: str
    link: str | None


def sending(store: Store) -> Callable[[], int]:
    """Return the step; it looks every few seconds and returns how many notices it dealt with."""
    return every(store.clock, _EVERY, lambda: send_due(store))


def send_due(store: Store, *, seconds: float = SECONDS) -> int:
    """Send what is due, some at a time, and return how many notices came to a new state."""
    count = settle_stopped(store)
    if mail_problem(store.settings):
        return count  # `doctor` and the page say so; what waits is sent once it is mended
    for _ in range(_AT_ONCE):
        taken = _take(store)
        if taken is None:
            break
        count += 1
        if isinstance(taken, _Taken):
            _note(store, taken, _sent(store, taken, seconds))
    return count


def settle_stopped(store: Store) -> int:
    """Say of notices whose sender was stopped that nobody knows whether they left; return how many there were."""
    now = store.clock()
    stopped = Notice.state == "sending", Notice.sending_at <= now - _lease(store)
    with store.database.reading() as session:
        if session.scalar(select(Notice.id).where(*stopped).limit(1)) is None:
            return 0
    with store.database.writing() as session:
        rows = session.scalars(select(Notice).where(*stopped).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.state, row.error, row.ended_at = "uncertain", "stopped", now
        _tell_desk(session, store, [row.id for row in rows], now)
        return len(rows)


def _lease(store: Store) -> timedelta:
    return timedelta(seconds=max(store.settings.lease_seconds, SECONDS * _ANSWERS))


def _take(store: Store) -> _Taken | bool | None:
    """Take the notice that waits longest, and commit that it is being sent; None if none is due.

    True: the one taken has nothing to tell any more, or nobody to tell it to; that is settled.
    """
    now = store.clock()
    due = Notice.state == "queued", Notice.due_at <= now
    with store.database.reading() as session:
        if session.scalar(select(Notice.id).where(*due).limit(1)) is None:
            return None
    with store.database.writing() as session:
        query = select(Notice).where(*due).order_by(Notice.due_at, Notice.id).limit(1)
        row = session.scalar(query.with_for_update(skip_locked=True))
        return None if row is None else _begun(session, store, row, now)


def _begun(session: Session, store: Store, row: Notice, now: datetime) -> _Taken | bool:
    if not still_true(session, row, now):
        return _dropped(session, row, "past", now)
    if now - row.queued_at >= _GIVE_UP:
        return _failed(session, store, row, "too_late", now)
    address = _address(session, store, row)
    if not address:
        _tell_desk(session, store, [row.id], now)
        return _dropped(session, row, "nobody", now)
    if not ADDRESS.fullmatch(address):
        return _failed(session, store, row, "bad_address", now)
    row.state, row.sending_at, row.attempts, row.error = "sending", now, row.attempts + 1, ""
    return _Taken(row.id, row.attempts, address, _opened(store, row))


def _address(session: Session, store: Store, row: Notice) -> str:
    """Return where a notice goes now: to the pivot, or to their back-up; empty if there is nobody, or no address."""
    with suppress(Conflict, NotFound):
        return pivot_to_tell(session, store, row.pivot_id).email
    return ""


def _opened(store: Store, row: Notice) -> str | None:
    return store.keys.opened(row.link, key_name(row.id)) if row.link is not None else None


def _sent(store: Store, taken: _Taken, seconds: float) -> Outcome:
    """Speak to the mail server."""
    settings = store.settings
    message = letter(
        sender=settings.smtp_from,
        to=taken.address,
        message_id=message_id(store, taken.id, taken.attempt),
        at=store.clock(),
        site=settings.public_address,
        link=taken.link,
    )
    return deliver(settings, taken.address, message, seconds=seconds)


def _note(store: Store, taken: _Taken, outcome: Outcome) -> None:
    """Write down what became of a notice, unless somebody asked meanwhile for it to be sent again."""
    now = store.clock()
    mine = Notice.id == taken.id, Notice.attempts == taken.attempt, Notice.state.in_(("sending", "uncertain"))
    with store.database.writing() as session:
        row = session.scalar(select(Notice).where(*mine).with_for_update())
        if row is None:
            return
        if outcome.fate == "sent":
            _end(session, row, "sent", "", now)
        elif outcome.fate == "later":
            _put_off(session, store, row, outcome.error, now)
        else:
            state = "uncertain" if outcome.fate == "unsure" else "failed"
            row.state, row.error, row.ended_at = state, outcome.error, now
            _tell_desk(session, store, [row.id], now)
    log.info("a notice: %s %s", outcome.fate, outcome.error)


def _put_off(session: Session, store: Store, row: Notice, error: str, now: datetime) -> None:
    """Have a notice that has certainly not left sent later, ever later, and tell the desk once it drags on."""
    wait = min(timedelta(minutes=2 ** min(row.attempts - 1, 11)), _LONGEST)
    row.state, row.error, row.due_at, row.sending_at, row.ended_at = "queued", error, now + wait, None, None
    if row.attempts == _TOLD_AT:
        _tell_desk(session, store, [row.id], now)


def _dropped(session: Session, row: Notice, error: str, now: datetime) -> bool:
    _end(session, row, "dropped", error, now)
    return True


def _failed(session: Session, store: Store, row: Notice, error: str, now: datetime) -> bool:
    row.state, row.error, row.ended_at = "failed", error, now
    _tell_desk(session, store, [row.id], now)
    return True


def _end(session: Session, row: Notice, state: str, error: str, now: datetime) -> None:
    """Settle a notice for good: its link is kept no longer."""
    row.state, row.error, row.ended_at = state, error, now
    if row.link is not None:
        row.link = None
        ask_destruction(session, [key_name(row.id)], now)


def _tell_desk(session: Session, store: Store, notices: list[str], now: datetime) -> None:
    people = able(session, store.settings, now)
    tell(session, DOUBTFUL, [(user, one) for user in people for one in notices], now)
