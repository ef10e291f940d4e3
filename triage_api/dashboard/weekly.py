"""What was decided in each week, by verdict and by lane; what was undone is left out.

A decision can be undone for ten minutes at most, so a week that is over does not change: it is counted once. Decisions
have no index by time, so they are bounded by their ids, which all but follow it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.decisions import STANDING
from store.tables import Decision, QueueItem
from triage_api.dashboard.keeping import kept
from triage_api.dashboard.models import WeekOut
from triage_api.desk import Desk
from triage_api.duty.hours import at
from triage_api.queue.models import LANES, VERDICTS

WEEKS = 8
"""Weeks whose decisions are shown, this one included."""
_SETTLED = timedelta(hours=1)
"""So long after a week's end its decisions stand as they are."""
_MARGIN = 1000
"""Ids before the last one of earlier weeks that are looked at too: those made at once are not numbered by time."""


class _Earlier(NamedTuple):
    """The weeks that are over, and the highest id of a decision in them."""

    weeks: list[WeekOut]
    last: int


def weeks(desk: Desk, session: Session) -> list[WeekOut]:
    """Return what was decided in each of the last weeks, oldest first."""
    shown, now = mondays(desk.store.clock()), desk.store.clock()
    if now - begin_of(shown[-1]) < _SETTLED:
        earlier = _earlier(session, shown)
    else:
        earlier = kept(desk, "weeks", tuple(shown), lambda: _earlier(session, shown))
    return [*earlier.weeks, *_decided(session, shown[-1:], Decision.id > earlier.last - _MARGIN)]


def mondays(now: datetime) -> list[date]:
    """Return the Mondays of the last weeks in Québec, oldest first; the last one is this week's."""
    today = house_day(now)
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]


def begin_of(day: date) -> datetime:
    """Return the moment at which a day begins in Québec."""
    return at(day, time.min)


def _earlier(session: Session, shown: list[date]) -> _Earlier:
    first, last = (_last_before(session, begin_of(shown[at])) for at in (0, -1))
    some = Decision.id > first - _MARGIN, Decision.created_at < begin_of(shown[-1])
    return _Earlier(_decided(session, shown[:-1], *some), last)


def _last_before(session: Session, moment: datetime) -> int:
    """Return the highest id of a decision before a moment, looked for from the newest one back; 0 if there is none."""
    newest = select(Decision.id).where(Decision.created_at < moment).order_by(Decision.id.desc())
    return session.scalar(newest.limit(1)) or 0


def _decided(session: Session, shown: list[date], *which: ColumnElement[bool]) -> list[WeekOut]:
    begins = [begin_of(monday) for monday in shown]
    place = case(
        *((Decision.created_at >= begin, number) for number, begin in reversed(list(enumerate(begins))))
    ).label("week")
    query = select(place, QueueItem.lane, Decision.verdict, func.count())
    query = query.join(QueueItem, QueueItem.id == Decision.item_id).where(Decision.created_at >= begins[0], *which)
    verdicts: dict[int, Counter[str]] = defaultdict(Counter)
    lanes: dict[int, Counter[str]] = defaultdict(Counter)
    for number, lane, verdict, decided in session.execute(
        query.where(STANDING).group_by("week", QueueItem.lane, Decision.verdict)
    ):
        verdicts[number][verdict] += decided
        lanes[number][lane] += decided
    return [
        WeekOut(
            week=monday,
            verdicts={one: verdicts[number][one] for one in VERDICTS},
            lanes={one: lanes[number][one] for one in LANES},
        )
        for number, monday in enumerate(shown)
    ]
