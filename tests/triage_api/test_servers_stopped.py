"""The database or the search engine stops: clear answers, no search without its entry, and on again by itself."""

from __future__ import annotations

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from breaking import cut_connections
from desk_people import PASSWORD, Browser, Town
from desk_words import FUGUE
from fastapi.testclient import TestClient
from sqlalchemy import make_url, select

from scripts.services import PostgreSQL
from store.index import open_index
from store.settings import Settings
from store.store import open_store, set_up
from store.tables import QueueItem, RegisterEntry, Search
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn
from triage_api.app import create_app
from triage_api.desk import Desk
from triage_api.searches import service

SEARCH = {"query": "fugue", "purpose": "watch", "ground": "LPJ 39"}
ENGINES = re.compile(r"psycopg|sqlalchemy|postgres|elastic|tantivy|127\.0\.0\.1:\d|refused|terminat", re.I)


def clear(answer, code, words=""):
    assert answer.status_code == 503, answer.text[:300]
    assert code in answer.text
    assert words in answer.text.replace("&#39;", "'")
    assert not ENGINES.search(answer.text), answer.text[:500]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if why := PostgreSQL.unavailable():
        pytest.skip(why)
    with PostgreSQL.start(tmp_path_factory.mktemp("postgresql")) as started:
        yield started


def new_database(server: PostgreSQL) -> str:
    server.start_again()
    name = f"house_{uuid.uuid4().hex[:12]}"
    address = make_url(server.url)
    with psycopg.connect(address.set(drivername="postgresql").render_as_string(False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def house(server, tmp_path, reader, clock):
    """A desk on a PostgreSQL of its own, and an analyst who is logged in."""
    settings = Settings(data_dir=tmp_path / "data", database_url=new_database(server))
    set_up(settings)
    store = open_store(settings, clock)
    index = open_index(settings)
    index.set_up()
    desk = Desk(store, index, reader)
    create_user(
        store, AccountIn(name="analyste", roles=["analyst"], trained_on=store.clock().date()), password=PASSWORD
    )
    client = TestClient(create_app(store, reader, index), base_url="http://127.0.0.1", client=("127.0.0.1", 5000))
    yield desk, Browser(client).log_in("analyste")
    client.close()
    index.close()
    store.database.close()
    server.start_again()


@pytest.fixture
def asked(house, monkeypatch):
    """Record what the index is asked."""
    calls, real = [], house[0].index.search
    monkeypatch.setattr(house[0].index, "search", lambda query: calls.append(query) or real(query))
    return calls


def test_every_place_says_clearly_that_the_database_is_stopped_and_goes_on_after(house, server, asked):
    desk, analyst = house
    Town(desk).post(FUGUE)
    item = analyst.api("GET", "/queue").json()["items"][0]["id"]
    server.stop()
    for method, path, more in (
        ("GET", "/queue", {}),
        ("GET", "/searches", {}),
        ("POST", "/searches", {"json": SEARCH}),
        ("POST", f"/queue/{item}/claim", {}),
        ("POST", f"/queue/{item}/decision", {"json": {"verdict": "dismiss", "reason": "r"}}),
        ("POST", "/session", {"json": {"name": "x", "password": "y"}}),
    ):
        answer = analyst.api(method, path, **more)
        clear(answer, "store_unavailable")
        assert answer.json()["error"]["field"] is None
    for lang, words in (("fr", "La base de données ne répond pas"), ("en", "The database does not answer")):
        analyst.client.cookies.set("vigie_lang", lang)
        for page in ("/queue", "/posts/new", "/searches", "/login"):
            clear(analyst.page(page), "store_unavailable", words)
        clear(analyst.send("/login", name="x", password="y"), "store_unavailable", words)
    assert asked == []
    probe = TestClient(analyst.client.app, base_url="http://127.0.0.1")
    assert probe.get("/healthz").status_code == 200
    clear(probe.get("/readyz"), "store_unavailable")
    server.start_again()
    assert analyst.api("GET", "/queue").json()["items"][0]["id"] == item
    assert analyst.api("POST", "/searches", json=SEARCH).status_code == 201


def test_nothing_is_searched_when_the_database_stops_before_the_entry(house, server, asked, monkeypatch):
    desk, analyst = house
    Town(desk).post(FUGUE)
    compare = service.compare_with_earlier

    def then_stop(*given):
        compared = compare(*given)
        server.stop(immediate=True)
        return compared

    monkeypatch.setattr(service, "compare_with_earlier", then_stop)
    clear(analyst.api("POST", "/searches", json=SEARCH), "_unavailable")
    assert asked == []
    server.start_again()
    with desk.store.database.reading() as session:
        assert session.scalars(select(Search.id)).all() == []


def test_nothing_is_told_when_the_database_stops_before_the_closing_entry(house, server, monkeypatch):
    desk, analyst = house
    identity = Town(desk).post(FUGUE)
    real = desk.index.search

    def then_stop(query):
        hits = real(query)
        server.stop(immediate=True)
        return hits

    monkeypatch.setattr(desk.index, "search", then_stop)
    answer = analyst.api("POST", "/searches", json=SEARCH)
    clear(answer, "register_unavailable")
    assert identity not in answer.text
    server.start_again()
    monkeypatch.setattr(desk.index, "search", real)
    with desk.store.database.reading() as session:
        (row,) = session.scalars(select(Search)).all()
        assert (row.closed_at, row.results) == (None, [])
    assert analyst.api("POST", "/searches", json=SEARCH).json()["relation"] == "different", "never brought back"


def test_connections_that_were_cut_are_made_anew_before_anybody_notices(analyst, town, store):
    if store.database.is_sqlite:
        pytest.skip("SQLite has no connections that a server could end")
    town.post(FUGUE)
    for _ in range(3):
        cut_connections(store)
        assert len(analyst.api("GET", "/queue").json()["items"]) == 1
        assert analyst.api("POST", "/searches", json=SEARCH | {"query": "rien"}).status_code in (200, 201)


def test_a_connection_that_is_cut_under_way_is_told_and_changes_nothing(analyst, town, store):
    if store.database.is_sqlite:
        pytest.skip("SQLite has no connections that a server could end")
    town.post(FUGUE)
    item = analyst.api("GET", "/queue").json()["items"][0]["id"]
    decision = {"json": {"verdict": "dismiss", "reason": "r"}}
    with ThreadPoolExecutor(1) as pool, store.database.writing() as session:
        session.execute(select(QueueItem).with_for_update())
        under_way = pool.submit(analyst.api, "POST", f"/queue/{item}/decision", **decision)
        time.sleep(0.3)  # it waits for the item
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        session.connection().exec_driver_sql(f"{ended} AND datname = current_database()").all()
        clear(under_way.result(30), "register_unavailable")
    with store.database.reading() as session:
        assert session.scalars(select(RegisterEntry).where(RegisterEntry.event == "decision.made")).all() == []
    assert analyst.api("POST", f"/queue/{item}/decision", **decision).status_code == 201


def test_without_the_index_a_search_is_entered_and_closed_and_everything_else_goes_on(
    make_person, store, reader, town, twin
):
    """On the team's scale nobody listens at the engine's address; on the embedded one its folder is gone."""
    town.post(FUGUE)
    gone = store.settings.model_copy(
        update={"index_url": "http://127.0.0.1:9"} if twin == "team" else {"data_dir": store.settings.data_dir / "gone"}
    )
    index = open_index(gone)
    person = make_person("analyst")
    client = TestClient(create_app(store, reader, index), base_url="http://127.0.0.1", client=("127.0.0.1", 5000))
    analyst = Browser(client).log_in(person.name)
    code = "index_unavailable" if twin == "team" else "not_set_up"
    clear(analyst.api("POST", "/searches", json=SEARCH), code)
    words = {"fr": ("moteur de recherche ne répond", "pas prête"), "en": ("search engine does not", "not ready")}
    for lang, (silent, missing) in words.items():
        client.cookies.set("vigie_lang", lang)
        clear(analyst.send("/searches", **SEARCH), code, silent if twin == "team" else missing)
    with store.database.reading() as session:
        events = session.scalars(select(RegisterEntry.event).order_by(RegisterEntry.n)).all()
    assert events == ["search.opened", "search.closed"] * 3
    assert analyst.api("GET", "/queue").status_code == 200
    client.close()
    index.close()
