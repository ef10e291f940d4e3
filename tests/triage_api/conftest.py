"""A real store, a real embedded index, real reader: posts come in, are assessed, queued and indexed by the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from breaking import fill_register
from fastapi.testclient import TestClient

from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from store.index import Index, open_index
from store.posts import take_in
from store.records import CaptureIn, PostIn
from store.store import Store
from store.tables import Source
from triage_api.access import passwords
from triage_api.access.accounts import add_user
from triage_api.access.models import AccountIn, Person
from triage_api.access.passwords import hash_password
from triage_api.access.people import person_named
from triage_api.app import create_app
from triage_api.desk import Desk

PASSWORD = "un-mot-de-passe-long"


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


@dataclass
class Town:
    """Brings posts in and lets the pipeline do its work."""

    desk: Desk
    known: set[str] = field(default_factory=set)

    def declare(self, source: str) -> None:
        if source in self.known:
            return
        self.known.add(source)
        with self.desk.store.database.writing() as session:
            row = Source(id=source, title=f"Le {source}", kind="import", declaration={}, digest="d")
            row.created_at = self.desk.store.clock()
            session.add(row)

    def post(self, text: str, key: str = "", *, source: str = "forum", settle: bool = True, **more: object) -> str:
        self.declare(source)
        capture = CaptureIn(
            url=f"https://{source}.example/{key}",
            fetched_at=self.desk.store.clock(),
            content=text.encode(),
            content_type="text/html",
            response_sha256="0" * 64,
            collector="test",
        )
        given = PostIn.model_validate({"text": text, "external_id": key or text[:30], **more})
        identity = take_in(self.desk.store, source, "import", [(given, capture)])[0][0]
        if settle:
            self.settle()
        return identity

    def settle(self) -> None:
        while assess_batch(self.desk.store, self.desk.reader, "test"):
            pass
        while drain_batch(self.desk.store, self.desk.index, "test"):
            pass


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


class Browser:
    """A client with its cookies and CSRF token; `api` sends JSON, `page` and `send` do what a browser does."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.csrf = ""

    def log_in(self, name: str, password: str = PASSWORD) -> Browser:
        answer = self.client.post("/api/session", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]
        return self

    def api(self, method: str, path: str, **sent: object):
        return self.client.request(method, f"/api{path}", headers={"X-CSRF-Token": self.csrf}, **sent)

    def page(self, path: str):
        return self.client.get(path)

    def send(self, path: str, **fields: object):
        return self.client.post(path, data={"csrf": self.csrf, **fields}, follow_redirects=False)


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
