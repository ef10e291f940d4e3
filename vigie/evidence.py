"""Verbs of evidence: showing and verifying what is kept of posts, and making fact sheets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from store.errors import BadInput, NotFound, VigieError
from store.evidence.verifying import check_all, check_post
from store.register.sequencing import sequence
from store.store import Store
from triage_api.evidence.models import Evidence
from triage_api.evidence.pdf import pdf_of
from triage_api.evidence.service import make_sheet, open_evidence
from triage_api.shell.languages import LANGS, as_lang
from vigie.console import Console
from vigie.opening import As, AsJson, as_person, opened_store

evidence_verbs = typer.Typer(
    help="What is kept of posts: shown, verified, and set out as a fact sheet.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
LIMITS = (
    "Not shown by this: whoever holds disk, database and signing key can write all three anew. Hold the register"
    " against a checkpoint kept elsewhere: vigie register verify --checkpoint FILE"
)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(evidence_verbs, name="evidence")


@evidence_verbs.command("show")
def show(
    context: typer.Context,
    as_name: As,
    post: Annotated[str, typer.Argument(help="Id of the post.")],
    as_json: AsJson = False,
) -> None:
    """Show what is kept of a post, without its words: times, digests, files, verified now. It is an entry.

    Example: vigie evidence show p-0f3a… --as lea.b
    """
    console: Console = context.obj
    with as_person(as_name) as (store, person):
        found = open_evidence(store, person, post)
    if as_json:
        console.say(found.model_dump_json())
    else:
        for line in _lines(found):
            console.say(line)
    if not found.stands:
        raise typer.Exit(1)


@evidence_verbs.command("verify")
def verify(
    context: typer.Context,
    posts: Annotated[list[str] | None, typer.Argument(help="Ids of posts.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is kept, and the whole register.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold captures against their digests, the database, their words and the signed register. Exit status 1: a fault.

    Example: vigie evidence verify --all
    """
    console: Console = context.obj
    if everything == bool(posts):
        raise BadInput("Name posts, or give --all.")
    with opened_store() as store:
        _sign_the_rest(store, console)
        said = _verify_all(store, console, as_json) if everything else _verify(store, posts or [], console, as_json)
    if said["faults"]:
        raise typer.Exit(1)


@evidence_verbs.command("sheet")
def sheet(
    context: typer.Context,
    as_name: As,
    post: Annotated[str, typer.Argument(help="Id of the post.")],
    out: Annotated[
        Path, typer.Option("--out", help="File to write: .pdf, or .json for programs. It must not be there.")
    ],
    lang: Annotated[str, typer.Option(help="fr or en; empty: the account's language.")] = "",
) -> None:
    """Make a dated fact sheet of a post, for people who hand facts on. It is an entry that holds the sheet's digest.

    Example: vigie evidence sheet p-0f3a… --as lea.b --out fiche.pdf
    """
    console: Console = context.obj
    if out.suffix not in {".pdf", ".json"}:
        raise BadInput("The file's name ends in .pdf or .json.", field="out")
    if lang and lang not in LANGS:
        raise BadInput("The language is fr or en.", field="lang")
    if out.exists() or not out.parent.is_dir():
        raise BadInput(f"{out} cannot be written: it is there already, or its folder is not.", field="out")
    with as_person(as_name) as (store, person):
        made = make_sheet(store, person, post)
        language = as_lang(lang or person.language, store.settings.language)
    data = pdf_of(made, language) if out.suffix == ".pdf" else made.model_dump_json(indent=2).encode()
    try:
        with out.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}.", field="out") from None
    console.say(f"{out}: sheet {made.number}, digest {made.digest}")
    if not made.stands:
        console.tell("Something does not agree: the sheet says what.")
        raise typer.Exit(1)


def _sign_the_rest(store: Store, console: Console) -> None:
    try:
        sequence(store)
    except VigieError as error:
        console.tell(error.message)


def _verify(store: Store, posts: list[str], console: Console, as_json: bool) -> dict[str, int]:
    said = {"captures": 0, "faults": 0, "unentered": 0}
    for post in posts:
        try:
            checked = check_post(store, post)
        except NotFound:
            raise NotFound(f"No such post: {post}.") from None
        for fault in checked.faults:
            _tell_fault(f"{post}: {fault}", console, as_json)
        said["captures"] += len(checked.captures)
        said["faults"] += len(checked.faults)
        said["unentered"] += sum(one.standing == "none" and not one.faults for one in checked.captures)
    _sum_up(said, console, as_json)
    return said


def _verify_all(store: Store, console: Console, as_json: bool) -> dict[str, int]:
    with console.progress("verified", None) as tick:
        checked = check_all(store, lambda line: _tell_fault(line, console, as_json), tick)
    said = {"captures": checked.captures, "faults": checked.faults, "unentered": checked.unentered}
    _sum_up(said, console, as_json)
    return said


def _tell_fault(line: str, console: Console, as_json: bool) -> None:
    console.say(json.dumps({"fault": line}, ensure_ascii=False) if as_json else line)


def _sum_up(said: dict[str, int], console: Console, as_json: bool) -> None:
    if as_json:
        console.say(json.dumps(said))
        return
    if said["unentered"]:
        console.tell(
            f"{said['unentered']} captures are older than their entries in the register: nothing signed holds them"
        )
    if not said["captures"]:
        console.say("no capture is kept of it: its text was erased or sealed, or was pasted or imported")
    elif not said["faults"]:
        console.say(f"{said['captures']} captures are as they were kept")
        console.tell(LIMITS)


def _lines(found: Evidence) -> list[str]:
    named = found.model_dump(mode="json", exclude={"captures", "missing"})
    lines = [f"{name}: {value}" for name, value in named.items() if value is not None]
    for capture in found.captures:
        told = capture.model_dump(mode="json", exclude={"version", "faults", "entry"})
        lines += [f"capture {capture.version}", *(f"  {name}: {value}" for name, value in told.items())]
        lines += [f"  entry: {capture.entry}"] if capture.entry else []
        lines += [f"  fault: {fault.text}" for fault in capture.faults] or ["  stands"]
    return lines + [f"capture {version} is gone" for version in found.missing]
