"""Small drawings of a campaign, as shapes for a template: it escapes the words, and style sheets give the colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from triage_api.posts.around_models import StayOut, WeekOut

WIDTH = 480
_NAMES = 170
"""Width of the column of cities' names."""
_ROW = 26
_MARGIN = 12
_BARS = 80
MOST_CITIES = 12
MOST_STAYS = 60


@dataclass(frozen=True, slots=True)
class Dot:
    """A stay: from its first post to its last, a thick line with round ends."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The posts of one week."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The shapes of a drawing of `WIDTH` by `height`."""

    height: int
    names: list[tuple[float, str]] = field(default_factory=list)
    """Of cities, each with the height of its base line."""
    line: str = ""
    """The way from stay to stay, as a path."""
    dots: list[Dot] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    width: int = WIDTH


def drawn_movement(stays: Sequence[StayOut]) -> Drawing | None:
    """Return the newest stays on a line of time, a row for each city; None if there is nothing to move between."""
    stays = _fitting(stays[-MOST_STAYS:])
    cities = list(dict.fromkeys(stay.city for stay in stays))
    if len(cities) < 2:
        return None
    began = min(stay.first for stay in stays)
    whole = max((max(stay.last for stay in stays) - began).total_seconds(), 1.0)

    def across(seconds: float) -> float:
        return round(_NAMES + _MARGIN + (WIDTH - _NAMES - 2 * _MARGIN) * seconds / whole, 1)

    rows = {city: _MARGIN + _ROW * number + _ROW / 2 for number, city in enumerate(cities)}
    dots = [
        Dot(across((stay.first - began).total_seconds()), across((stay.last - began).total_seconds()), rows[stay.city])
        for stay in stays
    ]
    points = [f"{x} {dot.y}" for dot in dots for x in (dot.x1, dot.x2)]
    height = 2 * _MARGIN + _ROW * len(cities)
    return Drawing(height, [(y + 4, city) for city, y in rows.items()], "M" + " L".join(points), dots)


def drawn_weeks(weeks: Sequence[WeekOut]) -> Drawing | None:
    """Return a bar a week; None for a single one."""
    if len(weeks) < 2:
        return None
    most = max(week.posts for week in weeks)
    step = (WIDTH - 2 * _MARGIN) / len(weeks)
    bars = [
        Bar(round(_MARGIN + step * number, 1), round(_MARGIN + _BARS - high, 1), round(step * 0.8, 1), round(high, 1))
        for number, week in enumerate(weeks)
        if (high := _BARS * week.posts / max(most, 1)) > 0
    ]
    return Drawing(_BARS + 2 * _MARGIN, bars=bars)


def _fitting(stays: Sequence[StayOut]) -> Sequence[StayOut]:
    """Return the newest stays that take so few rows that a drawing is readable."""
    seen: set[str] = set()
    for number, stay in enumerate(reversed(stays)):
        seen.add(stay.city)
        if len(seen) > MOST_CITIES:
            return stays[len(stays) - number :]
    return stays
