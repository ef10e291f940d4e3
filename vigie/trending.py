"""The verb of trends: adding up what other organisations counted with what this house published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from disclosure.formulas import safe_cell
from store.errors import BadInput
from triage_api.trends.adding import add_up, read_all
from triage_api.trends.form import WITHHELD
from vigie.console import Console
from vigie.opening import As, AsJson, as_person

trends_verbs = typer.Typer(help="Figures of months that are over.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(trends_verbs, name="trends")


@trends_verbs.callback()
def _trends() -> None:
    """Keep the verb below a verb of its own, though it is the only one."""


@trends_verbs.command("add")
def add(
    context: typer.Context,
    as_name: As,
    files: Annotated[list[Path], typer.Argument(help="Count forms that other organisations filled in: CSV.")],
    as_json: AsJson = False,
) -> None:
    """Check count forms and add them up with this house's published figures; what anybody withheld stays withheld.

    Exit status 1 names each bad row by file and line, and adds nothing. The table is CSV.

    Example: vigie trends add clinique-2026-09.csv maison-2026-09.csv --as lea.b
    """
    console: Console = context.obj
    rows, wrong = read_all(files)
    for line in wrong:
        console.tell(line)
    if wrong:
        raise typer.Exit(1)
    if not rows:
        raise BadInput("These forms hold no count.")
    with as_person(as_name) as (store, person):
        table = add_up(store, person, rows)
    if not as_json:
        console.say("month,figure,region,count,organisations")
    for row in table:
        cells = (row.month, row.figure, row.region, WITHHELD if row.count is None else str(row.count))
        told = ",".join([*map(safe_cell, cells), str(row.organisations)])
        console.say(row.model_dump_json() if as_json else told)
