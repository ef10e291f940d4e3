"""What every room's tests share: a frozen clock, and a real store in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.settings import Settings
from store.store import Store, open_store, set_up


@dataclass
class FrozenClock:
    """A clock that moves only when told."""

    now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", allow_loopback=True, request_delay=0.0)


@pytest.fixture
def make_store(settings: Settings, clock: FrozenClock) -> Iterator[Callable[..., Store]]:
    opened: list[Store] = []

    def make(**changes: object) -> Store:
        chosen = settings.model_copy(update=changes)
        set_up(chosen)
        opened.append(open_store(chosen, clock))
        return opened[-1]

    yield make
    for one in opened:
        one.database.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()
