"""Opening what a verb needs, and closing it after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from store.errors import BadInput
from store.index import Index, open_index
from store.settings import Settings
from store.store import Store, open_store


def settings() -> Settings:
    """Read the settings; `BadInput` names the one that cannot be used."""
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
def opened_index(store: Store, *, writer: bool) -> Iterator[Index]:
    """Open the search index, to write it or only to ask it."""
    index = open_index(store.settings, writer=writer)
    try:
        if writer:
            index.set_up()
        yield index
    finally:
        index.close()
