"""An erased subject leaves PostgreSQL's files too, those of the keyring among them: a raw scan of a server's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, select, text

from nlp.reader import Reader
from scripts.services import PostgreSQL
from store.index import open_index
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Subject
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Person
from triage_api.access.people import person_named
from triage_api.desk import Desk
from triage_api.posts.models import PasteIn
from triage_api.posts.pasting import paste
from triage_api.requests.messages import add_message
from triage_api.requests.models import MessageIn, RequestIn
from triage_api.requests.service import file_request
from triage_api.subjects.erasing import erase_subject
from triage_api.subjects.models import EraseIn

SEALED = ("Zoraide Plantamour", "zoraplante.15", "plantemessage")
PASTED = ("une phrase plantee dans le groupe", "plantegroupe public")
_SETTINGS = ("wal_recycle = off", "min_wal_size = '32MB'")
"""As docs/operations.md says."""

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgreSQL]:
    if why := PostgreSQL.unavailable():
        pytest.skip(why)
    with PostgreSQL.start(tmp_path / "server") as one:
        yield one


@pytest.fixture
def desk(tmp_path: Path, server: PostgreSQL, clock, reader: Reader) -> Iterator[Desk]:
    as_owner(server, *(f"ALTER SYSTEM SET {setting}" for setting in _SETTINGS), "SELECT pg_reload_conf()")
    as_owner(server, "CREATE DATABASE keyring")
    keyring = make_url(server.url).set(database="keyring").render_as_string(hide_password=False)
    settings = Settings(data_dir=tmp_path / "data", database_url=server.url, keyring_url=keyring)
    set_up(settings)
    store, index = open_store(settings, clock), open_index(settings)
    yield Desk(store, index, reader)
    index.close()
    store.close()


def as_owner(server: PostgreSQL, *statements: str) -> None:
    plain = make_url(server.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def person(store: Store, role: str) -> Person:
    name = f"n-{role}"
    create_user(store, AccountIn(name=name, roles=[role], organisation="Maison", trained_on=store.clock().date()))
    return person_named(store, name)


def held(server: PostgreSQL, *planted: bytes) -> set[bytes]:
    files = [path for path in server.data.rglob("*") if path.is_file()]
    return {one for path in files for one in planted if one in path.read_bytes()}


def test_nothing_of_an_erased_subject_is_left_in_postgresqls_files(server, desk):
    store = desk.store
    partner, analyst, chef = (person(store, role) for role in ("partner", "analyst", "supervisor"))
    told = RequestIn(who="Mme T.", why="inquiète", youth=SEALED[0], handles=[SEALED[1]])
    request = file_request(desk, partner, told).id
    add_message(desk, partner, request, MessageIn(text=SEALED[2]))
    seen = {"text": PASTED[0], "platform": "Groupe", "seen_at": "2026-03-01T10:00:00Z", "where": PASTED[1]}
    paste(desk, analyst, PasteIn(**seen, request=request))
    wrapped = wrapped_key(store)
    sealed, pasted = [one.encode() for one in SEALED], [one.encode() for one in PASTED]
    as_owner(server, "CHECKPOINT")
    assert held(server, *sealed, *pasted, wrapped) == {*pasted, wrapped}, "without it the scan shows nothing"
    erase_subject(store, chef, request, EraseIn(reason="fin de la conservation"))
    store.database.forget_deleted(thorough=True)
    as_owner(server, "SELECT pg_switch_wal()", "CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")
    assert held(server, *sealed, *pasted, wrapped) == set()


def wrapped_key(store: Store) -> bytes:
    with store.database.reading() as session:
        subject = session.scalars(select(Subject.id)).one()
    with store.keys.database.reading() as session:
        query = text("SELECT wrapped FROM data_keys WHERE id = :name")
        return bytes(session.execute(query, {"name": f"subject:{subject}"}).scalar_one())
