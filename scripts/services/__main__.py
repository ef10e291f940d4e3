"""`python -m scripts.services start|stop|status|env|run`: the servers that tests share."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import Annotated

import typer

from scripts.services.distribution import DEFAULT, NEXT
from scripts.services.shared import REQUIRED, Pair, Wanted, exports


def _version(text: str) -> str:
    """Read a version of Elasticsearch; 8 and 9 stand for the newest that were tried."""
    if text in ("8", "9"):
        return DEFAULT if text == "8" else NEXT
    if re.fullmatch(r"[89]\.\d+\.\d+", text):
        return text
    raise typer.BadParameter("say 8, 9 or a version such as " + DEFAULT)


app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Nodes = Annotated[int, typer.Option(min=1, max=5, help="how many Elasticsearch nodes")]
Version = Annotated[str, typer.Option("--elasticsearch", parser=_version, metavar="VERSION", help="8, 9 or a version")]
Required = Annotated[bool, typer.Option("--required", help="exit 1 without running the command if one cannot be had")]
Secure = Annotated[bool, typer.Option("--secure", help="TLS and log-in on Elasticsearch")]


def _say(line: str) -> None:
    typer.echo(f"services: {line}", err=True)


@app.command()
def start(nodes: Nodes = 1, version: Version = DEFAULT, secure: Secure = False) -> None:
    """Start PostgreSQL and Elasticsearch, or what of them does not run yet; exit 1 if one cannot be had."""
    pair = Pair(_say)
    _, complete = pair.start(Wanted(nodes, version, secure), outlives=True)
    for line, _ in pair.status():
        _say(line)
    raise typer.Exit(not complete)


@app.command()
def stop() -> None:
    """Stop both."""
    Pair(_say).stop()


@app.command()
def status() -> None:
    """Tell what runs; exit 1 if not all of it does."""
    lines = list(Pair(_say).status())
    typer.echo("\n".join(line for line, _ in lines))
    raise typer.Exit(not all(running for _, running in lines))


@app.command()
def env() -> None:
    """Print shell exports of the addresses."""
    typer.echo(exports(Pair(_say).env()))


@app.command(context_settings={"ignore_unknown_options": True})
def run(
    command: list[str],
    nodes: Nodes = 1,
    version: Version = DEFAULT,
    secure: Secure = False,
    required: Required = False,
) -> None:
    """Run a command with the servers up, stop those that were started for it, and exit as the command did.

    Without options an Elasticsearch that runs already will do, whatever it is. A server that cannot be had on this
    machine is told and gone without, unless it is required; one that is there and does not come up is always an error.
    With --required the command is told so by VIGIE_TEST_REQUIRED: tests then fail where they would skip a real site.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    pair = Pair(_say)
    wanted = Wanted(nodes, version, secure)
    told = {REQUIRED: "1"} if required else {}
    started, complete = pair.start(None if wanted == Wanted() else wanted, outlives=False)
    try:
        if pair.failed or (required and not complete):
            _say("the command is not run")
            raise typer.Exit(1)
        done = subprocess.run(command, check=False, env=os.environ | pair.env() | told)  # noqa: S603 - what we were told to run
    finally:
        pair.stop(only=started)
    raise typer.Exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


if __name__ == "__main__":
    app()
