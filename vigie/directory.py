"""Verbs of the directory of organisations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from triage_api.directory.files import read_raw
from triage_api.directory.importing import Refused, bring_in
from vigie.console import Console
from vigie.opening import As, as_person

verbs = typer.Typer(help="Organisations, their pivots and agreements.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(verbs, name="directory")


@verbs.callback()
def _directory() -> None:
    """Organisations, their pivots and agreements."""


@verbs.command("import")
def import_verb(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A YAML or CSV file, as in examples/directory.")],
    as_name: As,
) -> None:
    """Bring in a directory: all of it, or nothing and a line for each mistake. What it does not name stays.

    Example: vigie directory import examples/directory/organisations.yaml --as superviseure
    """
    console: Console = context.obj
    raw = read_raw(file)
    try:
        with as_person(as_name) as (store, person):
            done = bring_in(store, person, raw)
    except Refused as error:
        for mistake in error.mistakes:
            console.tell(mistake)
        raise
    console.say(f"{done.made} organisations are new, {done.changed} are different, {done.same} are as they were")
