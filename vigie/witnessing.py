"""`vigie register witness`: watching a house's register from another machine, without its database or its keys."""

from __future__ import annotations

import signal
import socket
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from store.clock import system_clock
from store.errors import BadInput, RegisterUnavailable
from store.register.log_client import LogClient
from store.register.notes import read_verifier
from store.register.witness import Witness
from store.register.witness_state import WitnessState
from vigie.console import Console


def witness(  # noqa: PLR0913, PLR0917 - each is one option of the verb
    context: typer.Context,
    url: Annotated[str, typer.Option(help="Address of the house, https.")],
    token_file: Annotated[Path, typer.Option(help="File with the token of an account that may read the register.")],
    state: Annotated[Path, typer.Option(help="Folder in which the witness keeps what it saw.")],
    verifier_key: Annotated[
        str, typer.Option(help="The register's verifier key; without it, the first one seen is pinned.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name under which this witness cosigns.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Seconds between two looks.")] = 60,
    once: Annotated[bool, typer.Option("--once", help="Look once, at every entry, and stop.")] = False,
) -> None:
    """See from another machine that a register only grows; exit status 1 names what was done to it.

    Keep the printed verifier keys: `vigie register verify --checkpoint STATE/checkpoint --witness-key KEY` takes them.

    Example: vigie register witness --url https://vigie.example --token-file token --state /srv/witness --every 60
    """
    console: Console = context.obj
    expected = read_verifier(verifier_key) if verifier_key else None
    own = name or f"{socket.gethostname()}/vigie-witness"
    with closing(WitnessState(state, own)) as folder, LogClient(url, _token(token_file)) as client:
        console.tell(f"this witness cosigns as {folder.verifier}")
        watching = Witness(folder, client, system_clock, expected)
        if once:
            _look(watching, console)
        else:
            _watch(watching, every, console)


def _watch(watching: Witness, every: int, console: Console) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            _look(watching, console)
        except RegisterUnavailable as error:
            console.tell(f"{error.message} It is asked again in {every} seconds.")
        stop.wait(every)


def _look(watching: Witness, console: Console) -> None:
    seen = watching.look(told=console.tell)
    for finding in seen.findings:
        console.say(str(finding))
    if seen.findings:
        console.tell(f"The evidence is kept in {seen.evidence}; the last checkpoint that held is kept too.")
        raise typer.Exit(1)
    if seen.head is None:
        console.say("the register is empty")
    else:
        console.say(f"{seen.head.size} entries, only grown: root {seen.head.root.hex()}")


def _token(path: Path) -> str:
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeError):
        raise BadInput(f"The token cannot be read: {path}.") from None
    if not token or any(character.isspace() for character in token):
        raise BadInput(f"The file holds no token: {path}.")
    return token
