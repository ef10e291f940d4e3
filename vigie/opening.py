"""Opening what a verb needs, and closing it after."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from store.errors import BadInput, IndexUnavailable
from store.index import Index, open_index
from store.settings import Settings
from store.store import Store, open_store

log = logging.getLogger(__name__)


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
        store.database.close()


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
