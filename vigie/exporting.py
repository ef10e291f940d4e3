"""`vigie export`: asking for a corpus, having it made where no worker runs, and proving one from its files alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from pipeline.exports.ending import let_go
from pipeline.exports.package.proving import prove
from pipeline.exports.package.shapes import Fault, Report
from pipeline.exports.running import export_batch
from store.errors import BadInput, VigieError
from triage_api.corpora.models import CorpusIn, CorpusOut
from triage_api.corpora.service import ask, list_exports
from vigie.console import Console
from vigie.opening import As, AsJson, as_person, opened_store


class Refused(VigieError):
    """A corpus that may not leave."""

    code = "refused"


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs = typer.Typer(
        help="Corpora for research: ask, list, run, verify.", no_args_is_help=True, rich_markup_mode=None
    )
    verbs.command("ask")(ask_verb)
    verbs.command("list")(list_verb)
    verbs.command("run")(run_verb)
    verbs.command("verify")(verify_verb)
    app.add_typer(verbs, name="export")


def ask_verb(  # noqa: PLR0913, PLR0917 - each is one option of the verb
    context: typer.Context,
    as_name: As,
    purpose: Annotated[str, typer.Option(help="What the corpus is for.")],
    tier: Annotated[str, typer.Option(help="open; under an agreement, tabular or codes.")] = "open",
    study: Annotated[str, typer.Option(help="Number of a study of yours; without it, a new one.")] = "",
    agreement: Annotated[str, typer.Option(help="Number of the data-use agreement.")] = "",
    ethics: Annotated[str, typer.Option(help="Number of the ethics approval.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for a corpus: the worker measures it, another person approves it, and only then it is made.

    Example: vigie export ask --as chercheuse --purpose "Ampleur par région" --tier open
    """
    console: Console = context.obj
    try:
        given = CorpusIn.model_validate(
            {"purpose": purpose, "tier": tier, "study": study, "agreement": agreement, "ethics": ethics}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"--{first['loc'][0]} cannot be used: {first['msg']}.") from None
    with as_person(as_name) as (store, person):
        made = ask(store, person, given)
    if as_json:
        console.say(made.model_dump_json())
    else:
        console.say(f"{made.id}: asked for; see it at /corpora/{made.id}, or: vigie export list --as {as_name}")


def list_verb(context: typer.Context, as_name: As, as_json: AsJson = False) -> None:
    """List one's corpora and how far each is; whoever approves them sees all.

    Example: vigie export list --as superviseure
    """
    console: Console = context.obj
    with as_person(as_name) as (store, person):
        page = list_exports(store, person)
    if as_json:
        console.say(page.model_dump_json())
        return
    for one in page.items:
        console.say(_line(one))
    if not page.items:
        console.tell("no corpus was asked for")


def run_verb(context: typer.Context) -> None:
    """Do at once what corpora wait for from the worker, where none runs: measure those asked for, make those approved.

    Example: vigie export run
    """
    console: Console = context.obj
    done = 0
    with opened_store() as store, console.steps() as step:
        while export_batch(store, f"export-run-{os.getpid()}", step):
            done += 1
            console.tell(f"{done} done")
        let_go(store)
    if not done:
        console.tell("no corpus waits for the worker")


def verify_verb(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder that holds the files of a corpus.")],
    as_json: AsJson = False,
) -> None:
    """Repeat every check of a corpus on its files alone: no database is opened, nothing is asked of anybody.

    Exit status 1 names the rows at fault by file and number.

    Example: vigie export verify ./x-0123456789
    """
    console: Console = context.obj
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder.")
    report = prove(folder)
    if as_json:
        console.say(report.model_dump_json())
    else:
        _tell(console, folder, report)
    if not report.passed:
        count = len(report.faults) + report.more
        raise Refused(f"{folder} may not leave: {count} fault{'s' if count > 1 else ''}.")


def _tell(console: Console, folder: Path, report: Report) -> None:
    for fault in report.faults:
        console.say(_fault(fault))
    if report.more:
        console.say(f"and {report.more} more")
    for name, value in report.figures.items():
        console.say(f"{name}: {value:.4g}")
    for check in report.left_out:
        console.say(f"not checked: {check}")
    if report.passed:
        console.say(f"{folder}: every check holds (tier {report.tier})")


def _fault(fault: Fault) -> str:
    where = fault.file if fault.row is None else f"{fault.file}, row {fault.row}"
    return f"{where}: {fault.check}: {fault.why}"


def _line(one: CorpusOut) -> str:
    return f"{one.id}  {one.tier}  {one.status}  {one.purpose[:60]}"
