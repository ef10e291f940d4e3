"""A real store, a real embedded index, real reader: posts come in, are assessed, queued and indexed by the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from breaking import fill_register
from desk_people import PASSWORD, Browser, Town
from fastapi.testclient import TestClient
from sealed_texts import MARKER, TEXT, met

from nlp.reader import Reader
from store.index import Index, open_index
from store.store import Store
from triage_api.access import passwords
from triage_api.access.accounts import add_user
from triage_api.access.models import AccountIn, Person
from triage_api.access.passwords import hash_password
from triage_api.access.people import person_named
from triage_api.app import create_app
from triage_api.desk import Desk


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def index(store: Store) -> Iterator[Index]:
    opened = open_index(store.settings)
    opened.set_up()
    yield opened
    opened.close()


@pytest.fixture
def desk(store: Store, index: Index, reader: Reader) -> Desk:
    return Desk(store, index, reader)


@pytest.fixture
def town(desk: Desk) -> Town:
    return Town(desk)


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Argon2 with little work: its full cost, which a test of its own asserts, would be most of the tests' time."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    patch = pytest.MonkeyPatch()
    patch.setattr(passwords, "_HASHER", quick)
    patch.setattr(passwords, "_NOBODY", quick.hash("personne"))
    yield
    patch.undo()


@pytest.fixture
def make_person(store: Store) -> Callable[..., Person]:
    def make(*roles: str, name: str = "") -> Person:
        name = name or "-".join(roles)
        today = store.clock().date()
        given = AccountIn(name=name, roles=roles, organisation="Maison Test", trained_on=today)
        with store.database.writing() as session:  # no entry: tests count those of what the person then does
            add_user(session, store, given, hash_password(PASSWORD))
        return person_named(store, name)

    return make


@pytest.fixture
def browser(desk: Desk) -> Iterator[Callable[[], Browser]]:
    app = create_app(desk.store, desk.reader, desk.index)
    clients: list[TestClient] = []

    def new() -> Browser:
        clients.append(TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000)))
        return Browser(clients[-1])

    yield new
    for client in clients:
        client.close()


@pytest.fixture
def person_in(browser: Callable[[], Browser], make_person: Callable[..., Person]) -> Callable[..., Browser]:
    """Make an account with some roles and return its logged-in browser."""

    def enter(*roles: str, name: str = "") -> Browser:
        return browser().log_in(make_person(*roles, name=name).name)

    return enter


@pytest.fixture
def analyst(person_in: Callable[..., Browser]) -> Browser:
    return person_in("analyst")


@pytest.fixture
def no_register(store: Store) -> Callable[[], None]:
    """Make the register refuse new entries, as a full disk would."""
    return lambda: fill_register(store)


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    """A quarantine lexicon of one term, which has no meaning."""
    path = tmp_path / "lexicon.txt"
    path.write_text(f"{MARKER}\n", "utf-8")
    return path


@pytest.fixture
def officer(person_in: Callable[..., Browser]) -> Browser:
    return person_in("quarantine_officer")


@pytest.fixture
def sealed(town: Town) -> str:
    """A text that was sealed at the door, where the house has the lexicon."""
    return met(town, TEXT)
