"""The figures of a month, and the space in which disclosure control sees each of them.

Labels that a text may carry together (signals, criteria) have a dimension each, with yes and no; what is one of several
(a region, a language) has one for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, get_args

from sqlalchemy.orm import Session

from crawlers.sources.register import COLLECTED
from disclosure.figures import Figure, scope_of
from nlp.cities import PLACE_TYPES, regions
from nlp.grid import load_grid
from nlp.types import ACTIONABLE, SIGNALS, Kind, Language
from store.counts import TREND, UNKNOWN, beginning_with, trend_of
from triage_api.trends.months import last_of, name_of

ALL = "*"
"""Stands for all regions together."""
Attribute = Literal["kind", "language", "place", "source", "side"]
ATTRIBUTES: tuple[Attribute, ...] = get_args(Attribute)
"""What each text has exactly one value of."""
REGIONS = (*regions(), UNKNOWN)
_YES, _BOTH = frozenset({"yes"}), frozenset({"yes", "no"})
Space = Mapping[str, frozenset[str]]
"""All values of each dimension."""


class Cell(NamedTuple):
    """What is counted: a figure, the value that it is of ("" for none), and a region or `ALL`.

    Of moves of campaigns, the value is the region left ("" for any), and the region the one reached.
    """

    figure: str
    value: str
    region: str


READ, FLAGGED, MOVED = Cell("read", "", ALL), Cell("flagged", "", ALL), Cell("moved", "", ALL)


def values_of(figure: str) -> tuple[str, ...]:
    """Return all values that a figure is told by, whether a month has any text of one or none; ("",) for no values."""
    values: Mapping[str, tuple[str, ...]] = {
        "signal": tuple(one for one in SIGNALS if one in ACTIONABLE),
        "criterion": tuple(one.id for one in load_grid().criteria if one.automated),
        "kind": get_args(Kind),
        "language": get_args(Language),
        "place": PLACE_TYPES,
        "source": (*COLLECTED, "import", "paste"),
        "side": ("demand", "other"),
        "moved": REGIONS,
    }
    return values.get(figure, ("",))


def counted(session: Session, month: date) -> Counter[Cell]:
    """Return the figures of a month as they were counted, and their sums over regions; nothing of this may be told."""
    found: Counter[Cell] = Counter()
    for name, number in beginning_with(session, TREND, month, last_of(month)).items():
        cell = Cell(*trend_of(name))
        found[cell] += number
        found[cell._replace(region=ALL)] += number
        if cell.figure == "moved":
            found[cell._replace(value="")] += number
            found[MOVED] += number
    return found


def regional(month: date) -> Space:
    """Return the space of texts by region, flagged or not, and signal by signal."""
    return flagged_only(month, *values_of("signal")) | {"flagged": _BOTH}


def flagged_only(month: date, *parts: str) -> dict[str, frozenset[str]]:
    """Return the space of flagged texts by region, and by signals and attributes."""
    found = {"month": frozenset({name_of(month)}), "region": frozenset(REGIONS)}
    signals = values_of("signal")
    return found | {
        f"signal:{one}" if one in signals else one: _BOTH if one in signals else frozenset(values_of(one))
        for one in parts
    }


def alone(month: date, cell: Cell) -> Space:
    """Return the space of the view that a cell stands in, where that is not by region."""
    found: dict[str, frozenset[str]] = {"month": frozenset({name_of(month)})}
    if cell.figure == "criterion":
        return found | {f"criterion:{cell.value}": _BOTH}
    if cell.figure == "moved":
        return found | {"moved": frozenset(REGIONS), "region": frozenset(REGIONS)}
    return found | {cell.figure: frozenset(values_of(cell.figure))}


def figure_in(space: Space, cell: Cell, count: int | None) -> Figure:
    """Return a cell as a figure of a space: all values of each dimension, but those that the cell names."""
    chosen = dict(space)
    if cell.region != ALL:
        chosen["region"] = frozenset({cell.region})
    if "flagged" in chosen and cell.figure != "read":
        chosen["flagged"] = _YES
    if cell.figure in ("signal", "criterion"):
        chosen[f"{cell.figure}:{cell.value}"] = _YES
    elif cell.value:
        chosen[cell.figure] = frozenset({cell.value})
    return Figure(scope_of(chosen), count)
