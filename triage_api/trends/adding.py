"""Adding up what several organisations counted, with what this house published: nothing that one withheld is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from store.store import Store
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.trends.dictionary import OTHERS
from triage_api.trends.form import Row, read_rows
from triage_api.trends.models import SumRow
from triage_api.trends.publishing import Told, published

_Key = tuple[str, str, str]
"""Month, figure and region."""


def read_all(paths: Sequence[Path]) -> tuple[list[Row], list[str]]:
    """Return the rows of some forms, and a line for each that cannot be added.

    An organisation's month stands in one form only: a second one is another count of the same texts. Nor does a figure
    of it stand there twice.
    """
    rows, wrong, forms = list[Row](), list[str](), dict[tuple[str, str], Path]()
    for path in paths:
        own, bad = read_rows(path)
        wrong += bad
        seen = set[tuple[str, str, str, str]]()
        for row in own:
            who = row.organisation.casefold()
            if forms.setdefault((who, row.month), path) is not path:
                wrong.append(f"{path}: {row.organisation} counted {row.month} in another file already")
            elif (who, row.month, row.figure, row.region) in seen:
                wrong.append(f"{path}: {row.organisation} has {row.figure} of {row.month}, {row.region}, twice")
            seen.add((who, row.month, row.figure, row.region))
        rows += own
    return rows, list(dict.fromkeys(wrong))


def add_up(store: Store, person: Person, rows: Sequence[Row]) -> list[SumRow]:
    """Return one table of some rows and of what this house published of their months.

    Where anybody withheld a figure, the sum is withheld: less the others, it would tell theirs. What this house never
    published of a month it did not count.
    """
    require(person, Action.TREND_READ)
    months = sorted({date.fromisoformat(f"{row.month}-01") for row in rows})
    parts: dict[_Key, list[int | None]] = defaultdict(list)
    for row in rows:
        parts[row.month, row.figure, row.region].append(row.count)
    with store.database.reading() as session:
        ours = published(session, months)
    for (month, _), told in ours.items():
        for figure, region, count in _ours(told):
            parts[month, figure, region].append(count)
    return [_sum(key, parts[key]) for key in sorted(parts)]


def _ours(told: Told) -> Iterable[tuple[str, str, int | None]]:
    for cell, count in told.items():
        if cell.figure in OTHERS:
            yield f"{cell.figure}:{cell.value}" if cell.value else cell.figure, cell.region, count


def _sum(key: _Key, counts: Sequence[int | None]) -> SumRow:
    month, figure, region = key
    told = [count for count in counts if count is not None]
    total = sum(told) if len(told) == len(counts) else None
    return SumRow(month=month, figure=figure, region=region, count=total, organisations=len(counts))
