"""Verbs that bring posts in: collect, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from crawlers.imports import Form, import_file
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from nlp.types import Kind
from pipeline.collect import collect_due, collect_now
from pipeline.loop import worker_name
from store.errors import BadInput
from store.store import Store
from vigie.console import Console
from vigie.opening import opened_store


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.command("collect")(collect_verb)
    app.command("import")(import_verb)


def collect_verb(
    context: typer.Context,
    source: Annotated[str, typer.Option(help="A declared source's id, or a YAML file that declares one.")] = "",
) -> None:
    """Collect one source now, or every source that is due.

    Example: vigie collect --source examples/feed.yaml
    """
    console: Console = context.obj
    with opened_store() as store:
        if source:
            with console.progress(source) as tick:
                reports = [collect_now(store, _declared(store, source), worker_name(), tick)]
        else:
            reports = list(collect_due(store, worker_name()))
    for report in reports:
        console.say(str(report))
    if any(report.status == "failed" for report in reports):
        raise typer.Exit(1)


def _declared(store: Store, source: str) -> str:
    if Path(source).suffix not in (".yaml", ".yml"):
        return source
    declaration = load_source(Path(source))
    declare(store, declaration)
    return declaration.id


def import_verb(
    context: typer.Context,
    file: Path,
    source: Annotated[str, typer.Option(help="Name of the source the posts come from.")],
    kind: Annotated[str, typer.Option(help="What a line without a kind is: post or ad.")] = "post",
    form: Annotated[str, typer.Option("--format", help="Whose export it is: 4cat, or auto to find out.")] = "auto",
) -> None:
    """Take posts from a JSONL, CSV or WARC file or a 4CAT export; running it twice adds nothing.

    Exit status 1 if lines were refused.

    Example: vigie import posts.csv --source "Forum de quartier"
    """
    console: Console = context.obj
    if kind not in ("post", "ad"):
        raise BadInput("--kind is post or ad.")
    what: Kind = "ad" if kind == "ad" else "post"
    if form not in get_args(Form):
        raise BadInput("--format is auto or 4cat.")
    with opened_store() as store, console.progress(f"{file.name}") as tick:
        report = import_file(store, file, source, what, tick, cast("Form", form))
    console.say(f"{report.new} new, {report.edited} edited, {report.same} known, {report.rejected} refused")
    if report.quarantined:
        console.tell(f"{report.quarantined} put in quarantine: tell the quarantine officer, and lock this file away.")
    if report.unplaced:
        console.tell(
            f"{report.unplaced} name a region that is no administrative region of Québec: taken without it "
            "(a city that is known gives its own)."
        )
    if report.rejected:
        console.tell(f"The refused lines are in {report.rejects_path}, each with its number and the reason.")
        raise typer.Exit(1)
