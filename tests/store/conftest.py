"""Both engines, each test with an index of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import ENGINES, engine_settings, opened

from store.index import Index
from store.settings import Settings


@pytest.fixture(params=ENGINES)
def chosen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with engine_settings(request.param, tmp_path) as settings:
        yield settings


@pytest.fixture
def index(chosen: Settings) -> Iterator[Index]:
    made = opened(chosen)
    yield made
    made.close()
