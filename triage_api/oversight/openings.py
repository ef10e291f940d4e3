"""Openings of posts and requests in the register: who came back to one again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.register import Event
from store.tables import RegisterEntry, Request
from triage_api.oversight import reasons
from triage_api.oversight.looks import House, Look, Period

_AT_ONCE = 500


def openings_of(session: Session, house: House, period: Period) -> list[Look]:
    """Return, for each person and each post or request, how often they opened it, by the register.

    A request that still waits for its answer is opened as often as the work needs: that does not count.
    """
    by_pseudonym = {account.pseudonym: account for account in house.accounts.values()}
    answered = dict(session.execute(select(Request.id, Request.answered_at)).all())
    found: dict[tuple[str, str], Look] = {}
    for row in _opened(session, period):
        account, item = by_pseudonym.get(row.actor), _item(row)
        if account is None or _is_open(answered, item, row.at):
            continue
        look = found.setdefault((account.id, item), Look(account.id, row.at, times=0, thing=hash(item)))
        look.times, look.at, look.entry = look.times + 1, row.at, row.n
        look.how = {"off_shift"} if reasons.off_shift(account, row.at) else set()
    return [reasons.counted(look) for look in found.values()]


def _opened(session: Session, period: Period) -> Iterator[RegisterEntry]:
    events = RegisterEntry.event.in_((Event.POST_OPENED, Event.REQUEST_OPENED))
    within = RegisterEntry.at >= period.since, RegisterEntry.at < period.until
    query = select(RegisterEntry).where(events, *within).order_by(RegisterEntry.n)
    yield from session.scalars(query.execution_options(yield_per=_AT_ONCE))


def _item(row: RegisterEntry) -> str:
    said = json.loads(row.public)
    return f"{row.event}:{said.get('post') or said.get('request')}"


def _is_open(answered: dict[str, datetime | None], item: str, at: datetime) -> bool:
    request = item.partition(":")[2]
    return request in answered and reasons.is_served(answered[request], at)
