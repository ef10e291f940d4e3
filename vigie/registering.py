"""Verbs of the register: reading it, which is an entry, proving and verifying it, and watching it from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from store.errors import BadInput, VigieError
from store.register.notes import Note, Verifier, read_note, read_verifier
from store.register.sequencing import sequence
from store.register.verifying import Verified
from store.register.verifying import verify as verify_register
from store.store import Store
from triage_api.oversight import proofs_service
from triage_api.oversight.service import read_register
from vigie.console import Console
from vigie.opening import As, AsJson, as_person, opened_store
from vigie.witnessing import witness

register_verbs = typer.Typer(help="The register of searches.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    register_verbs.command("witness")(witness)
    app.add_typer(register_verbs, name="register")


@register_verbs.command("list")
def list_register(
    context: typer.Context,
    as_name: As,
    after: Annotated[int, typer.Option(min=0, help="Begin after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Read the register, which is itself an entry.

    Example: vigie register list --as verificateur --after 120
    """
    console: Console = context.obj
    with as_person(as_name) as (store, person):
        page = read_register(store, person, after=after, limit=limit)
    for entry in page.items:
        if as_json:
            console.say(entry.model_dump_json())
        else:
            said = json.dumps(entry.public, ensure_ascii=False)
            console.say(f"{entry.n:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.event:<17} {entry.actor:<18} {said}")


@register_verbs.command("checkpoint")
def checkpoint(context: typer.Context, as_name: As, as_json: AsJson = False) -> None:
    """Print the newest signed checkpoint: keep it elsewhere, `verify --checkpoint` takes it back.

    Example: vigie register checkpoint --as verificateur > checkpoint-2026-11-22.txt
    """
    console: Console = context.obj
    with as_person(as_name) as (store, person):
        newest = proofs_service.newest(store, person)
    console.say(newest.model_dump_json() if as_json else newest.checkpoint.rstrip("\n"))


@register_verbs.command("proof")
def proof(
    context: typer.Context, as_name: As, n: Annotated[int, typer.Argument(min=1, help="Number of the entry.")]
) -> None:
    """Print the proof, as JSON, that an entry stands in the register; asking for it is itself an entry.

    Example: vigie register proof 120 --as verificateur
    """
    console: Console = context.obj
    with as_person(as_name) as (store, person):
        console.say(proofs_service.inclusion(store, person, n).model_dump_json())


@register_verbs.command("verify")
def verify(
    context: typer.Context,
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", help="A checkpoint that was kept elsewhere, or a witness's; may be given again."),
    ] = None,
    witness_keys: Annotated[
        list[str] | None, typer.Option("--witness-key", help="Verifier key of a witness, to check its cosignature.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute the whole register again and hold it against all that was signed. Exit status 1 names what is wrong.

    Example: vigie register verify --checkpoint checkpoint-2026-11-22.txt
    """
    console: Console = context.obj
    saved = [(str(path), _saved(path)) for path in checkpoints or []]
    witnesses = [read_verifier(key) for key in witness_keys or []]
    with opened_store() as store:
        _sign_the_rest(store, console)
        with console.progress("verified", None) as tick:
            said = verify_register(store, saved, tick)
    console.say(_as_json(said)) if as_json else _tell(said, console)
    for source, note in saved:
        _tell_cosignatures(source, note, witnesses, console)
    if said.findings:
        raise typer.Exit(1)


def _saved(path: Path) -> Note:
    try:
        return read_note(path.read_text("utf-8"))
    except (OSError, UnicodeError):
        raise BadInput(f"The checkpoint cannot be read: {path}.") from None


def _sign_the_rest(store: Store, console: Console) -> None:
    """Sign what is not signed yet; a register that cannot be written, or was rewritten, is verified as it is."""
    try:
        sequence(store)
    except VigieError as error:
        console.tell(error.message)


def _tell(said: Verified, console: Console) -> None:
    for finding in said.findings:
        console.say(str(finding))
    signed = "no checkpoint yet"
    if said.newest is not None:
        moment = f" of {said.newest.at:%Y-%m-%d %H:%M:%S} UTC" if said.newest.at else ""
        signed = f"checkpoint of {said.newest.size} entries{moment}, root {said.newest.root.hex()}"
    if said.unsigned:
        console.tell(f"{said.unsigned} entries are not signed yet")
    if not said.findings:
        console.say(f"every entry is as it was written ({said.entries + said.unsigned} entries, {signed})")
    elif said.newest is not None:
        console.say(f"the last that holds: {signed}")


def _as_json(said: Verified) -> str:
    newest = said.newest
    head = (
        {"size": newest.size, "root": newest.root.hex(), "at": newest.at and newest.at.isoformat()} if newest else None
    )
    findings = [finding.as_dict() for finding in said.findings]
    told = {"entries": said.entries, "unsigned": said.unsigned, "checkpoint": head, "findings": findings}
    return json.dumps(told, ensure_ascii=False)


def _tell_cosignatures(source: str, note: Note, witnesses: list[Verifier], console: Console) -> None:
    for key in witnesses:
        at = note.cosigned_at(key.timed())
        console.tell(
            f"{source}: cosigned by {key.name} on {at:%Y-%m-%d %H:%M:%S} UTC"
            if at
            else f"{source}: not cosigned by {key.name}"
        )
    known = {note.head.origin, *(key.name for key in witnesses)}
    for name in sorted({name for name, _ in note.signatures} - known):
        console.tell(f"{source}: bears a cosignature of {name}, not checked: give its --witness-key")
