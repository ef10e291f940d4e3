"""The report of a quarter: read by the desks and by whoever checks; it holds no row, no id and no name."""

from __future__ import annotations

from disclosure.figures import LEAST
from store.store import Store
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.dashboard.drawing import Theme, bars
from triage_api.outcomes.counting import (
    NEAREST,
    NONE,
    UNKNOWN,
    figures_alone,
    outcome_reached,
    referral_tables,
    request_tables,
    times,
)
from triage_api.outcomes.models import OutcomesOut, TableName, TableOut
from triage_api.outcomes.quarters import named, offered
from triage_api.shell.languages import Lang, say
from triage_api.shell.spreadsheets import as_csv

SHARE = 80
"""Of a hundred referrals, so many should have an outcome: below, nobody knows whether telling helps."""
_WORDS: dict[TableName, str] = {
    "region": "",
    "answer": "answer.",
    "organisation": "organisation_kind.",
    "ground": "ground.",
    "outcome": "referral_outcome.",
}
"""What the words of some tables stand under in other rooms; regions are called what they are called."""


def outcomes(store: Store, person: Person, quarter: str | None = None) -> OutcomesOut:
    """Return the report of a quarter that is over, the newest one unless it is named; `BadInput` for another."""
    require(person, Action.OUTCOME_READ)
    now = store.clock()
    chosen = named(quarter, now)
    with store.database.reading() as session:
        return OutcomesOut(
            quarter=str(chosen),
            first=chosen.first,
            last=chosen.last,
            quarters=[str(one) for one in offered(now)],
            least=LEAST,
            nearest=NEAREST,
            tables=[*request_tables(session, chosen), *referral_tables(session, chosen)],
            alone=figures_alone(session, chosen),
            times=times(session, chosen),
            outcome_share=SHARE,
            outcome_reached=outcome_reached(session, chosen, SHARE),
        )


def outcomes_file(store: Store, person: Person, quarter: str | None = None) -> bytes:
    """Return the report as CSV; an empty figure is withheld."""
    told = outcomes(store, person, quarter)
    rows: list[tuple[object, ...]] = [
        (told.quarter, one.name, cell.name, cell.count) for one in told.tables for cell in one.cells
    ]
    rows += [(told.quarter, one.name, "*", one.total) for one in told.tables]
    rows += [(told.quarter, "alone", cell.name, cell.count) for cell in told.alone]
    rows += [(told.quarter, "median_s", one.name, one.median_s) for one in told.times]
    rows += [(told.quarter, "p90_s", one.name, one.p90_s) for one in told.times]
    return as_csv(("quarter", "table", "name", "count"), rows)


def chart(told: OutcomesOut, name: TableName, colours: Theme, lang: Lang) -> str:
    """Return a table as bars; what is withheld has none."""
    table = next(one for one in told.tables if one.name == name)
    rows = [(words(lang, table, cell.name), float(cell.count)) for cell in table.cells if cell.count is not None]
    return bars(say(lang, f"outcome_table.{name}"), rows or [("—", 0.0)], colours)


def words(lang: Lang, table: TableOut, name: str) -> str:
    """Return what a row of a table is called."""
    if table.name not in _WORDS:
        return say(lang, f"outcome_word.{table.name}_{name}")
    if name == UNKNOWN:
        return say(lang, "outcomes.unknown")
    if name == NONE:
        return say(lang, "outcomes.none_yet")
    prefix = _WORDS[table.name]
    return say(lang, f"{prefix}{name}") if prefix else name
