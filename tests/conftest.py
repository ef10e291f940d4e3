"""What every room's tests share: a frozen clock, and a real store in a temporary folder, on both scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twins import TWINS, Templates, team_settings

from store.settings import Settings
from store.store import Store, open_store

_BOTH = ("store", "pipeline", "triage_api")
"""Rooms whose tests run on both scales; the others show the same on the embedded one."""


@dataclass
class FrozenClock:
    """A clock that moves only when told."""

    now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    own = any("twin" in str(mark.args[0]).split(",") for mark in metafunc.definition.iter_markers("parametrize"))
    if "twin" in metafunc.fixturenames and not own:
        room = Path(metafunc.module.__file__ or "").parent.name
        later = [pytest.mark.slow, pytest.mark.long] if metafunc.definition.get_closest_marker("team_slow") else []
        team = [pytest.param(twin, marks=later) for twin in TWINS[1:] if room in _BOTH]
        metafunc.parametrize("twin", [*TWINS[:1], *team], scope="session")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    made = Templates(tmp_path_factory.mktemp("template") / "data")
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path, twin: str, templates: Templates) -> Iterator[Settings]:
    """Settings of a store of the test's own: on the team's scale its database is there already."""
    chosen = {"data_dir": tmp_path / "data", "allow_loopback": True, "request_delay": 0.0}
    if twin == "embedded":
        yield Settings(**chosen)
        return
    with team_settings(templates, chosen.pop("data_dir"), **chosen) as made:
        yield made


@pytest.fixture
def make_store(settings: Settings, clock: FrozenClock, templates: Templates) -> Iterator[Callable[..., Store]]:
    opened: list[Store] = []

    def make(**changes: object) -> Store:
        if not settings.data_dir.exists():
            templates.copy_folder(settings.data_dir, database=not settings.database_url)
        opened.append(open_store(settings.model_copy(update=changes), clock))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()
