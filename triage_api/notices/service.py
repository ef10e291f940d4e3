"""The desk's view of e-mails: which left, which may not have, and sending one of those again by a person's word."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from store.errors import Conflict, NotFound
from store.store import Store
from store.tables import Notice, Organisation, Pivot
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.duty.alerts import hush
from triage_api.notices.checks import mail_problem
from triage_api.notices.models import NoticeLine, NoticePage, State
from triage_api.notices.sending import DOUBTFUL
from triage_api.notices.wording import message_id
from triage_api.shell.cursors import moment_in, unwrap, wrap

_AGAIN = ("uncertain", "failed")


def list_notices(
    store: Store, person: Person, *, state: State | None = None, cursor: str | None = None, limit: int = 50
) -> NoticePage:
    """Return notices, newest first, of one state or of all."""
    require(person, Action.REFERRAL_MAKE)
    query = select(Notice, Pivot, Organisation.name).join(Pivot, Pivot.id == Notice.pivot_id)
    query = query.join(Organisation, Organisation.id == Pivot.organisation_id)
    if state:
        query = query.where(Notice.state == state)
    if cursor is not None:
        query = query.where(_after(*unwrap(cursor, str, str)))
    with store.database.reading() as session:
        rows = session.execute(query.order_by(Notice.queued_at.desc(), Notice.id.desc()).limit(limit + 1)).all()
        items = [_line(store, *row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    following = wrap(last.queued_at.isoformat(), last.id) if last else None
    return NoticePage(items=items, next=following, problem=mail_problem(store.settings))


def send_again(store: Store, person: Person, identity: str) -> NoticeLine:
    """Have a notice sent again that may not have arrived; `Conflict` (``notice_state``) for any other."""
    require(person, Action.REFERRAL_MAKE)
    now = store.clock()
    with store.database.writing() as session:
        row = session.scalar(select(Notice).where(Notice.id == identity).with_for_update())
        if row is None:
            raise NotFound("No such notice.")
        if row.state not in _AGAIN:
            raise Conflict("This notice left, waits, or has nothing to tell any more.", code="notice_state")
        row.state, row.error, row.sending_at, row.ended_at = "queued", "", None, None
        row.queued_at = row.due_at = now
        hush(session, DOUBTFUL, [row.id], now)
        return _line(store, row, *_whose(session, row))


def _after(at: str, identity: str) -> ColumnElement[bool]:
    moment = moment_in(at)
    return or_(Notice.queued_at < moment, and_(Notice.queued_at == moment, Notice.id < identity))


def _whose(session: Session, row: Notice) -> tuple[Pivot, str]:
    pivot = session.get_one(Pivot, row.pivot_id)
    return pivot, session.get_one(Organisation, pivot.organisation_id).name


def _line(store: Store, row: Notice, pivot: Pivot, organisation: str) -> NoticeLine:
    return NoticeLine(
        id=row.id,
        kind=row.kind,
        about=row.about,
        organisation=organisation,
        pivot=pivot.name,
        phone=pivot.phone,
        state=cast("State", row.state),
        error=row.error,
        attempts=row.attempts,
        queued_at=row.queued_at,
        due_at=_due(row),
        ended_at=row.ended_at,
        message_id=message_id(store, row.id, row.attempts) if row.attempts else "",
        may_go_again=row.state in _AGAIN,
    )


def _due(row: Notice) -> datetime | None:
    return row.due_at if row.state == "queued" else None
