"""`vigie serve`: the pages and the API, with the unattended steps beside them if asked for."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Annotated

import typer
import uvicorn

from nlp.reader import Reader
from pipeline.loop import run_forever
from store.errors import BadInput
from store.index import Index
from store.models import reader_in_force
from store.store import Store
from triage_api.app import create_app
from vigie.console import Console
from vigie.opening import opened_index, opened_store
from vigie.unattended import every_step

_STOP_SECONDS = 30
"""How long the unattended steps may take to finish what they are at."""


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    work: Annotated[bool, typer.Option("--work", help="Run the unattended steps in this process too.")] = False,
) -> None:
    """Serve the pages and the API until stopped, on the host and port of the settings.

    Example: VIGIE_PORT=8420 vigie serve --work
    """
    console: Console = context.obj
    with opened_store() as store, opened_index(store, writer=work, needed=False) as index:
        reader = reader_in_force(store.settings)
        serve_pages(store, reader, index, work=work, ready=lambda address: console.say(f"Serving on {address}"))


def serve_pages(
    store: Store, reader: Reader, index: Index, *, work: bool = False, ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve until stopped; `ready` is told the address once it can be asked. `work` needs an index open for writing."""
    with _listening(store) as listener, _working(store, reader, index, on=work):
        config = uvicorn.Config(
            create_app(store, reader, index),
            log_level="warning",
            access_log=False,  # addresses name people's requests and posts; the register is the log that counts
            server_header=False,
            date_header=False,
        )
        ready(_address(store, listener))
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _listening(store: Store) -> Iterator[socket.socket]:
    host, port = store.settings.host, store.settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = error.strerror or "the address cannot be used"
        raise BadInput(f"Nothing can be served on {host}:{port}: {reason}. Choose another VIGIE_PORT.") from None
    with listener:
        yield listener


@contextmanager
def _working(store: Store, reader: Reader, index: Index, *, on: bool) -> Iterator[None]:
    if not on:
        yield
        return
    stop = Event()
    worker = Thread(target=run_forever, args=(every_step(store, reader, index, stop=stop), stop), name="vigie-work")
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(_STOP_SECONDS)


def _address(store: Store, listener: socket.socket) -> str:
    host = store.settings.host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
