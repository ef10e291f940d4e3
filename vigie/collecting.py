"""Verbs that bring posts in: sources, collect, import."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from crawlers.imports import import_file
from crawlers.sources.approvals import approve, require_approved
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from nlp.types import Kind
from pipeline.collect import collect_due, collect_now
from pipeline.loop import worker_name
from store.clock import house_zone
from store.errors import BadInput, SourceNotApproved
from store.store import Store
from store.tables import Source
from vigie.console import Console
from vigie.opening import opened_store

sources = typer.Typer(help="Declare, approve and list sources.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(sources, name="sources")
    app.command("collect")(collect_verb)
    app.command("import")(import_verb)


@sources.command("add")
def add_source(context: typer.Context, file: Path) -> None:
    """Declare a source from its YAML file, or declare it anew after a change (which ends its approval).

    Example: vigie sources add examples/feed.yaml
    """
    console: Console = context.obj
    declaration = load_source(file)
    with opened_store() as store:
        declare(store, declaration)
    console.say(f"{declaration.id} is declared; approve it with: vigie sources approve {declaration.id} --help")


@sources.command("approve")
def approve_source(  # noqa: PLR0917 - Typer makes an argument or an option of each
    context: typer.Context,
    source: str,
    assessment: Annotated[str, typer.Option(help="Number of the privacy assessment (EFVP).")],
    mandate: Annotated[str, typer.Option(help="Mandate under which it is collected.")],
    ground: Annotated[str, typer.Option(help="Legal ground.")],
    approver: Annotated[list[str], typer.Option(help="Who approves; may be given twice.")],
    expires: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of the approval.")],
) -> None:
    """Approve a declared source until a day; without this no request is sent to it.

    Example: vigie sources approve journal-de-quartier --assessment EFVP-12 --mandate M-3 --ground "LPJ 2.3"
    --approver "A. B." --expires 2027-06-30
    """
    console: Console = context.obj
    with opened_store() as store:
        end = datetime.combine(date(expires.year, expires.month, expires.day), time.max, house_zone())
        approve(
            store, source, assessment=assessment, mandate=mandate, ground=ground, approvers=approver, expires_at=end
        )
    console.say(f"{source} may be collected until {end:%Y-%m-%d}")


@sources.command("list")
def list_sources(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False
) -> None:
    """List the sources and whether each may be collected.

    Example: vigie sources list --json
    """
    console: Console = context.obj
    with opened_store() as store, store.database.reading() as session:
        for source in session.scalars(select(Source).order_by(Source.id)):
            try:
                require_approved(session, source.id, store.clock())
                state = "approved"
            except SourceNotApproved as error:
                state = error.message
            row = {"id": source.id, "kind": source.kind, "title": source.title, "state": state}
            console.say(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(row.values()))


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
) -> None:
    """Take posts from a JSONL, CSV or WARC file; running it twice adds nothing. Exit status 1 if lines were refused.

    Example: vigie import posts.csv --source "Forum de quartier"
    """
    console: Console = context.obj
    if kind not in ("post", "ad"):
        raise BadInput("--kind is post or ad.")
    what: Kind = "ad" if kind == "ad" else "post"
    with opened_store() as store, console.progress(f"{file.name}") as tick:
        report = import_file(store, file, source, what, tick)
    console.say(f"{report.new} new, {report.edited} edited, {report.same} known, {report.rejected} refused")
    if report.rejected:
        console.tell(f"The refused lines are in {report.rejects_path}, each with its number and the reason.")
        raise typer.Exit(1)
