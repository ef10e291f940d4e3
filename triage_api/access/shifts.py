"""Working hours, as ``mon-fri 08:00-16:00; sat 22:00-06:00``: whether a moment lies outside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from nlp.fold import fold
from store.clock import house_zone
from store.errors import NotSetUp
from store.settings import Settings

_DAYS = {
    name: day
    for names in ("mon tue wed thu fri sat sun", "lun mar mer jeu ven sam dim")
    for day, name in enumerate(names.split())
}
_SPAN = re.compile(r"(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*)\s+(?P<hours>\S+)")
_HOURS = re.compile(r"(\d{1,2})[:h](\d{2})-(\d{1,2})[:h](\d{2})")
_ALWAYS = frozenset({"24/7", "always", "toujours"})
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_GRACE = timedelta(minutes=30)
"""So much before and after a shift is part of it: people come early and finish what they began."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Spans of a week, in minutes from Monday 00:00 in the time of Québec; one past Sunday night goes on on Monday."""

    spans: tuple[tuple[int, int], ...]

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies within working hours, give or take half an hour. Holidays are not known."""
        local = moment.astimezone(house_zone())
        minute = local.weekday() * _DAY + local.hour * 60 + local.minute
        grace = int(_GRACE.total_seconds()) // 60
        return any((minute - start + grace) % _WEEK <= end - start + 2 * grace for start, end in self.spans)


def read_shift(text: str) -> Shift | None:
    """Return the working hours that a text gives, None for an empty one; `ValueError` if it cannot be read.

    Days are English or French, three letters; hours that end at or before their beginning end the next day.
    """
    plain = fold(text).text.strip()
    if not plain:
        return None
    if plain in _ALWAYS:
        return Shift(((0, _WEEK),))
    return Shift(tuple(span for part in plain.split(";") if part.strip() for span in _spans(part.strip())))


def house_hours(settings: Settings) -> Shift | None:
    """Return the working hours of whoever has none of their own; `NotSetUp` if the setting cannot be read."""
    try:
        return read_shift(settings.house_shift)
    except ValueError as error:
        raise NotSetUp(f"VIGIE_HOUSE_SHIFT cannot be read. {error}") from None


def hours_of(own: str, usual: Shift | None) -> Shift | None:
    """Return the working hours of an account: its own, else the usual ones."""
    try:
        return read_shift(own) or usual
    except ValueError:  # typed before hours were checked: better none than a wrong one
        return usual


def _spans(part: str) -> Iterator[tuple[int, int]]:
    match = _SPAN.fullmatch(part)
    hours = _HOURS.fullmatch(match["hours"]) if match else None
    if match is None or hours is None:
        raise ValueError("Working hours look like this: mon-fri 08:00-16:00; sat 09:00-12:00.")
    start, end = _minutes(hours[1], hours[2]), _minutes(hours[3], hours[4])
    for day in _days(match["days"]):
        yield day * _DAY + start, day * _DAY + (end if end > start else end + _DAY)


def _minutes(hours: str, minutes: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if total > _DAY or int(minutes) > 59:
        raise ValueError("Hours go from 00:00 to 24:00.")
    return total


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last and last not in _DAYS):
            raise ValueError("Days are mon, tue, wed, thu, fri, sat, sun.")
        count = (_DAYS[last] - _DAYS[first]) % 7 if last else 0
        yield from ((_DAYS[first] + step) % 7 for step in range(count + 1))
