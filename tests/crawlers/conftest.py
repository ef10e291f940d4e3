"""What the collectors' tests share: the town, and a store on the real clock (a child process has no other)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crawler_helpers import leave
from hostile_server import HostileServer

from crawlers.sources.declaration import SourceDeclaration, load_source
from fixtures.town.server import Town
from store.settings import Settings
from store.store import Store, open_store, set_up


@pytest.fixture
def live_store(tmp_path: Path) -> Iterator[Store]:
    settings = Settings(data_dir=tmp_path / "data", allow_loopback=True, request_delay=0.0)
    set_up(settings)
    store = open_store(settings)
    yield store
    store.database.close()


@pytest.fixture
def town() -> Iterator[Town]:
    with Town(now=datetime.now(UTC)) as town:
        yield town


@pytest.fixture
def approved(live_store: Store, town: Town) -> Callable[..., str]:
    """Return a function that declares and approves a site of the town, with changes, and returns its id."""

    def make(site: str, until: dict[str, float] | None = None, **changes: object) -> str:
        declaration = load_source(town.declaration(site))
        told = declaration.model_dump() | changes
        return leave(live_store, SourceDeclaration.model_validate(told), **(until or {}))

    return make


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server
