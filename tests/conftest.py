"""What every room's tests share: a frozen clock, and a real store in a temporary folder, on both scales."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twins import TWINS, Templates, team_settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden", action="store_true", help="write the golden files anew, to be read in the diff"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    own = any("twin" in str(mark.args[0]).split(",") for mark in metafunc.definition.iter_markers("parametrize"))
    if "twin" in metafunc.fixturenames and not own:
        room = Path(metafunc.module.__file__ or "").relative_to(Path(__file__).parent).parts[0]
        marks = [pytest.mark.slow, pytest.mark.long] if metafunc.definition.get_closest_marker("team_slow") else []
        if room != "store":  # the two engines are the store's; what stands on it runs the same lines on both
            marks.append(pytest.mark.thorough)
        team = [pytest.param(twin, marks=marks) for twin in TWINS[1:] if room in _BOTH]
        metafunc.parametrize("twin", [*TWINS[:1], *team], scope="session")


class _ByFile(LoadFileScheduling):
    """Give each file to one of the processes, and the browser's room as one: its files share a demo that takes long."""

    def _split_scope(self, nodeid: str) -> str:
        room = "tests/browser/"
        return room if nodeid.startswith(room) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Make the scheduler of `--dist loadfile`; any other is xdist's own."""
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later garbage collection: it stays to the end anyway."""
    gc.collect()
    gc.freeze()


_measured: set[tuple[str, object]] = set()
"""The tests of which this process has measured a case, by scale: the two engines are different lines."""


def _to_measure(item: pytest.Item) -> bool:
    """Say whether coverage is measured in a test: in its first case only, and never in what is marked `unmeasured`."""
    if item.get_closest_marker("unmeasured"):
        return False
    case = getattr(item, "callspec", None)
    known = item.nodeid.partition("[")[0], case and case.params.get("twin")
    first = known not in _measured
    _measured.add(known)
    return first


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop measuring coverage where it tells nothing new, fixtures included: measuring doubles a test's time.

    pytest-cov's own `no_cover` leaves the fixtures out, which are half of the work.
    """
    plugin = item.config.pluginmanager.getplugin("_cov")
    measuring = plugin.cov_controller if plugin else None
    if measuring is None or _to_measure(item):
        return (yield)
    measuring.pause()
    try:
        return (yield)
    finally:
        measuring.resume()


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
    chosen |= {"double_coding_percent": 0, "counts_seconds": 0.0}
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
