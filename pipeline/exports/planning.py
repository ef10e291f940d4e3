"""Planning: to what the columns of a corpus must be generalised, which rows stay too rare, and what both cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from disclosure.classes import Classes, Roles, Row, count_classes
from disclosure.generalising import Generalisation, generalise, merged, released
from disclosure.hierarchies import Hierarchy, dropped, grouped, months
from disclosure.linkage import risks
from disclosure.measuring import OPEN, TABULAR, Bar, measure
from disclosure.places import regions
from disclosure.study import MOST_DAYS, StudyKey, shifted, window
from pipeline.exports.staging import Stage
from store.errors import VigieError

_BANDS = grouped("copies", ("once or more", {"1": "1", "2-4": "2+", "5+": "2+"}))
_LEAST_DAYS = 7
Rows = Callable[[], Iterator[dict[str, str]]]
"""How to read the staged rows of a tier, as often as one likes."""
_BETWEEN = "\x1f"
"""Stands between the cells of a class in its name."""


class TooFew(VigieError):
    """A corpus that cannot leave, by its code.

    ``no_post`` that may leave, ``too_alike`` to hide anybody, ``too_few_days`` to shift dates.
    """

    code = "too_alike"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a tier tells of a post: the roles of its columns, how each is generalised, and what must be reached."""

    roles: Roles
    hierarchies: tuple[Hierarchy, ...]
    bar: Bar
    most_suppressed: float


_PLACES = (months("month"), regions("region"))
_OTHERS = (dropped("kind"), dropped("language"), dropped("source"))
_TOLD = ("signals", "criteria")
_QUASI = ("month", "region", "kind", "language", "source")
FRAMES: dict[str, Frame] = {
    "open": Frame(Roles((*_QUASI, "copies"), _TOLD), (*_PLACES, *_OTHERS, _BANDS), OPEN, 0.05),
    "tabular": Frame(Roles(_QUASI, _TOLD, "person"), (*_PLACES, *_OTHERS), TABULAR, 0.5),
    "codes": Frame(Roles(_QUASI, ("codes",), "person"), (*_PLACES, *_OTHERS), TABULAR, 0.5),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a corpus leave, and what its approver is shown of it."""

    frame: Frame
    rows: Rows
    found: Generalisation
    few: frozenset[str]
    """Classes that are large enough, but of too few persons."""
    levels: dict[str, str]
    """To what each column was generalised; under an agreement, by how much dates were shifted at most."""
    preview: dict[str, Any]

    def released(self) -> Iterator[dict[str, object]]:
        """Yield the rows as they leave, in order."""
        for row in released(self.rows(), self.found):
            if _name(row, self.frame.roles) not in self.few:
                yield row


def plan(stage: Stage, tier: str, key: StudyKey, sample: int | None) -> Plan:
    """Return how the staged posts leave under a tier; `TooFew` if no way to generalise them is enough."""
    frame, threshold = FRAMES[tier], stage.threshold(sample)
    opened = _open_rows(stage, threshold) if tier == "open" else _followed_rows(stage, threshold, key)
    try:
        classes = count_classes(opened.rows(), frame.roles)
        found = generalise(classes, frame.hierarchies, frame.bar, most_suppressed=frame.most_suppressed)
    except ValueError as error:
        said = f"No generalisation reaches k {frame.bar.k} and l {frame.bar.l}: {error}"
        raise TooFew(said, code="too_alike") from None
    few = _few(stage, opened.rows, found, frame) if tier == "open" else frozenset()
    levels = found.levels | opened.levels
    preview = _preview(stage, classes, found, frame, few) | {"levels": levels}
    if not preview["rows"]:
        raise TooFew("No row of it could leave.", code="too_alike")
    preview["suppressed"] = opened.count() - preview["rows"]
    return Plan(frame, opened.rows, found, few, levels, preview)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The staged rows of a tier: how to read and how to count them, and what was done to dates."""

    rows: Rows
    count: Callable[[], int]
    levels: dict[str, str]


def _open_rows(stage: Stage, threshold: str) -> _Opened:
    return _Opened(lambda: stage.texts(threshold), lambda: sum(1 for _ in stage.texts(threshold)), {})


def _followed_rows(stage: Stage, threshold: str, key: StudyKey) -> _Opened:
    """Return how to read posts by person, their dates shifted; those that would tell the shift are left out."""
    days = stage.days(threshold)
    if days is None:
        raise TooFew("There is no post that may leave.", code="no_post")
    first, last = map(date.fromisoformat, days)
    most = min(MOST_DAYS, (last - first).days // 4)
    if most < _LEAST_DAYS:
        said = f"Dates cannot be shifted: fewer than {4 * _LEAST_DAYS} days were collected."
        raise TooFew(said, code="too_few_days")
    within = window(first, last, most)

    def rows() -> Iterator[dict[str, str]]:
        for row in stage.followed(threshold):
            moved = shifted(date.fromisoformat(row["day"]), key.shift(row["person"], most), within)
            if moved is not None:
                yield row | {"month": moved.isoformat()[:7]}

    count = lambda: sum(1 for _ in stage.followed(threshold))  # noqa: E731 - as short as its use
    return _Opened(rows, count, {"dates": f"shifted by {most} days at most"})


def _few(stage: Stage, rows: Rows, found: Generalisation, frame: Frame) -> frozenset[str]:
    """Return the classes of fewer persons than the bar asks: twenty posts of one person hide nobody."""
    roles = frame.roles
    with stage.persons() as persons:
        persons.add((_name(row, roles), str(row["person"])) for row in released(rows(), found))
        return frozenset(persons.few(frame.bar.k))


def _name(row: Row, roles: Roles) -> str:
    return _BETWEEN.join(str(row[column]) for column in roles.quasi)


def _preview(
    stage: Stage, classes: Classes, found: Generalisation, frame: Frame, few: frozenset[str]
) -> dict[str, Any]:
    """Return sizes and risks of what would leave; no row, and nothing that one of them tells."""
    coarser = merged(classes, found.maps)
    for seen in [*coarser.counts]:
        if seen in found.suppressed or _BETWEEN.join(seen[0]) in few:
            del coarser.counts[seen]
    reached, risk = measure(coarser, frame.bar), risks(coarser)
    return {
        "population": stage.size,
        "rows": reached.rows,
        "loss": round(found.loss.information, 4),
        "k": reached.k,
        "l": min(reached.l.values(), default=0),
        "tokens": reached.units,
        "risks": {"prosecutor": risk.prosecutor, "marketer": risk.marketer},
    }
