"""A whole house on servers of its own, which the tests hurt."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from whole_house import House

from fixtures.town.server import Town
from nlp.reader import Reader
from scripts.services import Elasticsearch, PostgreSQL
from store.index import open_index
from store.settings import Settings
from store.store import open_store, set_up
from store.tables import Source
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Role
from triage_api.access.people import person_named


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def make_house(tmp_path: Path, reader: Reader) -> Iterator[Callable[..., House]]:
    opened: list[House] = []

    def make(**chosen: object) -> House:
        settings = Settings(data_dir=tmp_path / "data", allow_loopback=True, request_delay=0.0, lease_seconds=5)
        settings = settings.model_copy(update=chosen)
        set_up(settings)
        store = open_store(settings)
        today = store.clock().date()
        camille = AccountIn(name="camille", roles=[Role.ANALYST], organisation="Maison", trained_on=today)
        create_user(store, camille)
        with store.database.writing() as session:
            given = Source(id="given", title="G", kind="import", declaration={}, digest="d", created_at=store.clock())
            session.add(given)
        index = open_index(settings)
        index.set_up()
        opened.append(House(store, index, reader, person_named(store, "camille")))
        return opened[-1]

    yield make
    for house in opened:
        house.index.close()
        house.store.database.close()


@pytest.fixture
def town() -> Iterator[Town]:
    with Town() as one:
        yield one


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    if why := PostgreSQL.unavailable():
        pytest.skip(why)
    with PostgreSQL.start(tmp_path_factory.mktemp("postgresql"), durable=True) as server:
        yield server


@pytest.fixture
def database_url(database: PostgreSQL) -> str:
    """A database of the test's own on that server."""
    name = f"house_{uuid.uuid4().hex[:12]}"
    plain = make_url(database.url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return make_url(database.url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    if why := Elasticsearch.unavailable():
        pytest.skip(why)
    with Elasticsearch.start(tmp_path_factory.mktemp("elasticsearch"), nodes=getattr(request, "param", 1)) as nodes:
        yield nodes
