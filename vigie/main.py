"""`vigie`: every verb in one place. Each verb opens what it needs, calls the room that does the work, and tells."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from store.errors import BadInput, NotFound, VigieError
from vigie import accounts, collecting, desks, indexing, keeping, linking, reading, registering, serving, text, town
from vigie.console import Console

app = typer.Typer(
    name="vigie",
    help="Vigie — une vigie pour la protection des enfants · a lookout for child protection.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (town, collecting, indexing, reading, serving, desks, registering, accounts, linking, keeping):
    room.register(app)
app.add_typer(text.app, name="text")


@app.callback()
def _options(
    context: typer.Context,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell each step.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    # a node that is away is one line of ours; the client's own is a trace for each time that it asks
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    context.obj = Console()


def main() -> None:
    """Run the command line; an error is one line on standard error and exit status 1, bad usage is 2."""
    debug = "--debug" in sys.argv
    try:
        app()
    except VigieError as error:
        if debug:
            raise
        sys.stderr.write(f"vigie: {error.message}\n")
        raise SystemExit(2 if isinstance(error, BadInput | NotFound) else 1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("vigie: stopped\n")
        raise SystemExit(130) from None
