"""`vigie`: every verb in one place. Each verb opens what it needs, calls the room that does the work, and tells."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from store.errors import BadInput, NotFound, VigieError
from vigie.console import Console

VERBS = {
    "demo": ["town"],
    "sources": ["sources"],
    "collect": ["collecting"],
    "import": ["collecting"],
    "setup-db": ["indexing"],
    "assess": ["indexing"],
    "index": ["indexing"],
    "work": ["indexing"],
    "purge": ["purging"],
    "doctor": ["doctor"],
    "train": ["training"],
    "evaluate": ["reading"],
    "serve": ["serving"],
    "search": ["desks"],
    "export": ["exporting"],
    "trends": ["trending"],
    "register": ["registering"],
    "users": ["accounts", "linking"],
    "tokens": ["accounts"],
    "directory": ["directory"],
    "subjects": ["keeping"],
    "keys": ["keeping"],
    "evidence": ["evidence"],
    "text": ["text"],
}
"""Each verb and the modules of this room that make it; a verb loads no more than its own."""


class Verbs(TyperGroup):
    """The verbs, each imported when it is asked for: all rooms together take seconds to load."""

    def list_commands(self, _ctx: object) -> list[str]:
        """Return the verbs in the order of help."""
        return list(VERBS)

    def get_command(self, _ctx: object, cmd_name: str) -> Any:
        """Return a verb, its modules loaded; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        made = typer.Typer(rich_markup_mode=None, add_completion=False)
        for name in VERBS[cmd_name]:
            import_module(f"vigie.{name}").register(made)
        return get_group(made).commands[cmd_name]


app = typer.Typer(
    cls=Verbs,
    name="vigie",
    help="Vigie — une vigie pour la protection des enfants · a lookout for child protection.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
