"""How old somebody is, where only an age was told: always the side that keeps a consent shorter."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

ADULT = 18
OWN_YES = 14
"""From this age the youth alone says yes; under it, a parent or tutor."""
LAST = 24
"""Until the birthday after it, an adult may let the house go on."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of somebody's age: a birth date, or else an age and the day on which it was told."""

    born: date | None = None
    age: int = 0
    told_on: date = date.min

    def at(self, day: date) -> int:
        """Return the age on a day; from an age that was told, the least that it can be by then."""
        if self.born is not None:
            return _years(self.born, day)
        return self.age + max(_years(self.told_on, day), 0)

    def turns(self, years: int) -> date:
        """Return the birthday at which somebody turns so old; from an age that was told, the earliest it can be."""
        if self.born is not None:
            return shifted(self.born, years)
        return shifted(self.told_on, years - self.age - 1) + timedelta(days=1)


def shifted(day: date, years: int) -> date:
    """Return the same day of another year; the 28th of February where there is no 29th."""
    with suppress(ValueError):
        return day.replace(year=day.year + years)
    return day.replace(year=day.year + years, day=28)


def _years(since: date, day: date) -> int:
    return day.year - since.year - (day < shifted(since, day.year - since.year))
