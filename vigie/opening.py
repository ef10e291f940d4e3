"""Opening what a verb needs, and closing it after."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from store.errors import BadInput, IndexUnavailable
from store.index import Index, open_index
from store.settings import Settings
from store.store import Store, open_store
from triage_api.access.models import Person
from triage_api.access.people import person_named

log = logging.getLogger(__name__)

As = Annotated[str, typer.Option("--as", help="Name of the account under which this is entered in the register.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]


def settings() -> Settings:
    """Read the settings; `BadInput` names the one that cannot be used."""
    named = os.environ.get("VIGIE_ENV_FILE")
    if named and not Path(named).is_file():
        raise BadInput(f"VIGIE_ENV_FILE names no file: {named}.")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "VIGIE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(f"The setting {name} cannot be used: {first['msg']}.") from None


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open the store that the settings name."""
    store = open_store(settings())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_index(store: Store, *, writer: bool, needed: bool = True) -> Iterator[Index]:
    """Open the search index, to write it or only to ask it.

    Unless it is `needed` at once, an engine that is away is told of and waited for: the rest goes on without it.
    """
    index = open_index(store.settings)
    try:
        try:
            index.set_up() if writer else index.require()
        except IndexUnavailable as error:
            if needed:
                raise
            log.warning("%s What needs it waits.", error.message)
        yield index
    finally:
        index.close()


@contextmanager
def as_person(name: str) -> Iterator[tuple[Store, Person]]:
    """Open the store for the person of an account; what they then do is checked and entered as on the pages."""
    with opened_store() as store:
        yield store, person_named(store, name)
