"""The periods of the report: whole quarters that are over, and no others.

Two periods that differ by a day would tell that day: so nobody chooses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

from store.clock import house_day
from store.errors import BadInput
from triage_api.shell.times import as_moment

OFFERED = 8
"""So many quarters back the report goes."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of the calendar, in the time of Québec."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first(self) -> date:
        """Return the first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Return the last day."""
        return self.next().first - timedelta(days=1)

    @property
    def since(self) -> datetime:
        """Return the moment at which it begins."""
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """Return the moment at which it is over."""
        return _midnight(self.next().first)

    def next(self) -> Quarter:
        """Return the following quarter."""
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    def before(self) -> Quarter:
        """Return the quarter before."""
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)


def offered(now: datetime) -> list[Quarter]:
    """Return the quarters that are over, the newest first."""
    day = house_day(now)
    quarter, found = Quarter(day.year, (day.month + 2) // 3), []
    for _ in range(OFFERED):
        quarter = quarter.before()
        found.append(quarter)
    return found


def named(text: str | None, now: datetime) -> Quarter:
    """Return the quarter of a name (``2026-Q3``), the newest one without; `BadInput` for one that is not offered."""
    choices = offered(now)
    found = choices[0] if not text else next((one for one in choices if str(one) == text), None)
    if found is None:
        raise BadInput("No such quarter, or it is not over.", code="no_such_quarter", field="quarter")
    return found


def _midnight(day: date) -> datetime:
    return cast("datetime", as_moment(datetime.combine(day, time.min)))
